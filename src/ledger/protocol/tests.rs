//! The table as a whole, and runs as sentences.

use std::collections::HashSet;

use super::*;
use Kind::{
    Acknowledgement, AgentReport, ApplyStarted, Approval, Check, Clearance, Decision, Fault,
    HoldoutReport, Landing, PolicyReport, Preview, Proposal, Receipt, RunClosed, RunOpened, Wall,
    WorkOrder,
};

const ATTEMPT: [Kind; 7] = [
    Wall,
    AgentReport,
    Proposal,
    Preview,
    PolicyReport,
    HoldoutReport,
    Decision,
];
const START: [Kind; 2] = [RunOpened, WorkOrder];

/// Walks the kinds; gives the phase, or the place of the first kind that may not come.
fn walk(kinds: &[Kind]) -> Result<Phase, usize> {
    let mut state = None;
    for (n, kind) in kinds.iter().enumerate() {
        state = Some(
            match state {
                None => State::first(*kind),
                Some(state) => State::next(state, *kind),
            }
            .ok_or(n)?,
        );
    }
    Ok(state.unwrap().phase())
}

#[track_caller]
fn check(parts: &[&[Kind]], expect: Result<Phase, usize>) {
    assert_eq!(walk(&parts.concat()), expect);
}

#[test]
fn honest_runs_go_through() {
    let applied = [Clearance, Landing, ApplyStarted, Receipt, RunClosed];
    check(&[&START, &ATTEMPT, &applied], Ok(Phase::Ended));
    check(
        &[&START, &ATTEMPT, &[Approval, Decision], &applied],
        Ok(Phase::Ended),
    );
    check(
        &[&START, &ATTEMPT, &ATTEMPT, &ATTEMPT, &applied],
        Ok(Phase::Ended),
    );
    check(
        &[&START, &ATTEMPT, &[Landing, RunClosed]],
        Ok(Phase::Closed),
    );
    check(&[&START, &ATTEMPT[2..], &applied], Ok(Phase::Ended));
    check(
        &[
            &START,
            &[
                Wall,
                Check,
                Check,
                AgentReport,
                Decision,
                Wall,
                AgentReport,
                Proposal,
                Decision,
                RunClosed,
            ],
        ],
        Ok(Phase::Closed),
    );
    check(&[&START, &[Wall, Fault, RunClosed]], Ok(Phase::Closed));
    // Another process goes on after an interruption: it decides again and clears again.
    check(
        &[&START, &ATTEMPT, &[Clearance, Decision], &applied],
        Ok(Phase::Ended),
    );
}

#[test]
fn a_stage_cannot_be_skipped() {
    check(&[&[WorkOrder]], Err(0));
    check(&[&[RunOpened, Proposal]], Err(1));
    check(&[&START, &[Proposal, PolicyReport]], Err(3));
    check(&[&START, &[Proposal, Preview, HoldoutReport]], Err(4));
    check(
        &[&START, &[Proposal, Preview, PolicyReport, Decision]],
        Err(5),
    );
    check(&[&START, &ATTEMPT[..6], &[Clearance]], Err(8));
    check(&[&START, &ATTEMPT, &[ApplyStarted]], Err(9));
    check(&[&START, &ATTEMPT, &[Clearance, ApplyStarted]], Err(10));
    check(&[&START, &ATTEMPT, &[Approval, Clearance]], Err(10));
}

#[test]
fn a_decision_on_less_than_both_reports_clears_nothing() {
    // An attempt of the agent without its report has nothing to be decided.
    check(&[&START, &[Wall, Decision]], Err(3));
    check(&[&START, &[Wall, Proposal]], Err(3));
    for early in [0, 2, 3, 4] {
        check(
            &[&START, &ATTEMPT[..early], &[Decision, Clearance]],
            Err(3 + early),
        );
        check(
            &[&START, &ATTEMPT[..early], &[Decision, Landing]],
            Err(3 + early),
        );
        check(
            &[&START, &ATTEMPT[..early], &[Decision, Approval]],
            Err(3 + early),
        );
    }
}

#[test]
fn a_clearance_is_spent_once() {
    let run = [&START[..], &ATTEMPT, &[Clearance, Landing, ApplyStarted]].concat();
    check(&[&run, &[ApplyStarted]], Err(12));
    check(&[&run, &[Receipt, ApplyStarted]], Err(13));
    check(&[&run, &[Receipt, Clearance]], Err(13));
    // What is only handed over for review is not cleared by that.
    check(&[&START, &ATTEMPT, &[Landing, ApplyStarted]], Err(10));
    check(&[&START, &ATTEMPT, &[Landing, Clearance]], Err(10));
}

#[test]
fn a_run_that_began_to_apply_cannot_close_without_a_receipt_or_a_person() {
    let run = [&START[..], &ATTEMPT, &[Clearance, Landing, ApplyStarted]].concat();
    check(&[&run, &[RunClosed]], Err(12));
    check(&[&run, &[Fault, RunClosed]], Err(13));
    check(&[&run, &[Fault, Receipt, RunClosed]], Ok(Phase::Ended));
    check(&[&run, &[Receipt, RunClosed]], Ok(Phase::Ended));
    for left in [
        &[][..],
        &[Fault],
        &[Receipt],
        &[Receipt, Fault],
        &[Receipt, RunClosed],
    ] {
        check(&[&run, left, &[Acknowledgement]], Ok(Phase::Closed));
        let twice = [Acknowledgement, Acknowledgement];
        check(&[&run, left, &twice], Err(13 + left.len()));
    }
    // There is nothing to look at where nothing was applied.
    check(&[&START, &[RunClosed, Acknowledgement]], Err(3));
}

#[test]
fn attempts_are_counted() {
    check(&[&START, &ATTEMPT, &ATTEMPT, &ATTEMPT, &[Wall]], Err(23));
    check(
        &[&START, &ATTEMPT, &ATTEMPT, &ATTEMPT, &[Proposal]],
        Err(23),
    );
    check(
        &[&START, &ATTEMPT, &ATTEMPT, &ATTEMPT, &[RunClosed]],
        Ok(Phase::Closed),
    );
}

#[test]
fn nothing_follows_the_end_and_only_the_end_follows_a_fault() {
    for kind in Kind::ALL {
        check(&[&[RunOpened, RunClosed, kind]], Err(2));
        let after_fault = walk(&[RunOpened, Fault, kind]);
        assert_eq!(
            after_fault.is_ok(),
            matches!(kind, Fault | RunClosed),
            "{kind}"
        );
    }
}

#[test]
fn the_table_has_no_dead_end_and_no_double() {
    let mut reached = HashSet::from([Phase::Opened]);
    for phase in Phase::ALL {
        let next = successors(phase);
        let kinds: HashSet<Kind> = next.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds.len(), next.len(), "{phase}");
        assert!(!kinds.contains(&RunOpened), "{phase}");
        let is_over = matches!(phase, Phase::Ended | Phase::Closed);
        assert_eq!(kinds.contains(&Fault), !is_over, "{phase}");
        let can_close = !is_over && !matches!(phase, Phase::Applying | Phase::ApplyingFaulted);
        assert_eq!(kinds.contains(&RunClosed), can_close, "{phase}");
        reached.extend(next.iter().map(|(_, to)| *to));
    }
    assert_eq!(reached, HashSet::from(Phase::ALL));
}

/// Every way through, to its end: apply begins only behind both reports, a decision, a clearance and a landing of the same attempt.
#[test]
fn no_way_leads_to_apply_but_the_whole_one() {
    fn follow(state: State, kinds: &mut Vec<Kind>, seen: &mut usize) {
        if state.phase() == Phase::Applying {
            *seen += 1;
            let attempt = kinds.iter().rposition(|kind| *kind == Proposal).unwrap();
            let rest = &kinds[attempt..];
            for needed in [
                Preview,
                PolicyReport,
                HoldoutReport,
                Decision,
                Clearance,
                Landing,
            ] {
                assert!(rest.contains(&needed), "{kinds:?}");
            }
            return;
        }
        // Nobody's approvals and repeated clearances change what comes after them.
        if kinds.len() > 16 {
            return;
        }
        for (kind, _) in successors(state.phase()) {
            if let Some(next) = state.next(*kind) {
                kinds.push(*kind);
                follow(next, kinds, seen);
                kinds.pop();
            }
        }
    }
    let mut seen = 0;
    follow(
        State::first(RunOpened).unwrap(),
        &mut vec![RunOpened],
        &mut seen,
    );
    assert!(seen > 10);
}
