use super::*;

#[test]
fn every_number_is_denied_once_and_compiles() {
    let numbers: Vec<i64> = DENIED.iter().chain(DENIED_HERE).map(|(_, n)| *n).collect();
    let distinct: std::collections::BTreeSet<_> = numbers.iter().collect();
    assert_eq!(numbers.len(), distinct.len());
    let filters = Filters::compile().expect("the filters compile");
    assert_eq!(
        filters.count(),
        if cfg!(target_arch = "x86_64") { 3 } else { 2 }
    );
}

/// How many steps of a program return what.
fn answers(program: &BpfProgram) -> BTreeMap<u32, usize> {
    let mut answers = BTreeMap::new();
    for step in program.iter().filter(|step| step.code == RETURN) {
        *answers.entry(step.k).or_insert(0) += 1;
    }
    answers
}

/// Asking where it answered, and nothing else: a step that still answered EPERM would never be asked about.
#[test]
fn the_asking_list_differs_in_its_answer_alone() {
    let denied = SeccompAction::Errno(errno(libc::EPERM));
    let answering = program(list().expect("a list"), denied).expect("compiles");
    let asked = asking(answering.clone());
    assert_eq!(answering.len(), asked.len());
    let eperm = libc::SECCOMP_RET_ERRNO | 1;
    for (before, after) in answering.iter().zip(&asked) {
        assert_eq!(
            (before.code, before.jt, before.jf),
            (after.code, after.jt, after.jf)
        );
        if before.code == RETURN && before.k == eperm {
            assert_eq!(after.k, libc::SECCOMP_RET_USER_NOTIF);
        } else {
            assert_eq!(after.k, before.k);
        }
    }
    let filters = Filters::compile().expect("the filters compile");
    let (denying, asking) = (answers(&filters.denying), answers(&filters.asking));
    let keys = |it: &BTreeMap<u32, usize>| it.keys().copied().collect::<Vec<_>>();
    let (allow, kill) = (libc::SECCOMP_RET_ALLOW, libc::SECCOMP_RET_KILL_PROCESS);
    assert_eq!(keys(&denying), [eperm, allow, kill]);
    assert_eq!(keys(&asking), [libc::SECCOMP_RET_USER_NOTIF, allow, kill]);
    // One more call is asked about, which is `connect`.
    assert_eq!(asking[&libc::SECCOMP_RET_USER_NOTIF], denying[&eperm] + 1);
}

#[test]
fn every_denied_call_has_a_name() {
    for number in list().expect("a list").keys() {
        let name = name(*number, &[16, 0, 0, 0, 0, 0]);
        assert!(!name.starts_with("system call"), "{name}");
    }
    assert_eq!(
        name(libc::SYS_socket, &[u64::MAX << 32 | 16, 0, 0, 0, 0, 0]),
        "socket of family 16"
    );
    assert_eq!(name(libc::SYS_mount, &[0; 6]), "mount");
    assert_eq!(
        name(libc::SYS_connect, &[0; 6]),
        format!("system call {}", libc::SYS_connect)
    );
}
