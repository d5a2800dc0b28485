//! Agents that do not behave: each ends by name, in time, with nothing left running and the host untouched.

use std::sync::Arc;
use std::time::Instant;

use lightsout::app::doctor::{Heard, Script, Turn};
use lightsout::config::Api;

use crate::hostile::{nothing_happened, processes};
use crate::support::factory::{Factory, LONGER, Site, factory, tools};
use crate::support::model::{Model, Plan, Reply};

fn stack(script: &str) -> Factory {
    tools();
    factory("site-demo", "stacks/site").agent(script)
}

/// How the last attempt ended, by the ledger.
fn outcome(site: &Site) -> String {
    let mut outcome = String::new();
    let mut folders = vec![site.top.join(".lightsout/ledger")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(path).unwrap();
            let Ok(value) = serde_json::from_slice::<serde_json::Value>(&bytes) else {
                continue;
            };
            let found = value.pointer("/outcome/outcome").and_then(|it| it.as_str());
            if let Some(found) = found {
                found.clone_into(&mut outcome);
            }
        }
    }
    outcome
}

#[test]
fn what_an_agent_leaves_is_a_named_outcome() {
    let rows = [
        // Runs away, and leaves somebody behind.
        (
            "setsid -f sleep 86399; setsid sh -c 'trap \"\" TERM INT HUP; sleep 86398' & exit 0",
            0,
            "no-change",
        ),
        ("kill -SEGV $$", 1, "crashed"),
        ("echo 'I cannot'; exit 7", 1, "gave-up"),
        ("exit 0", 0, "no-change"),
        // Ten gigabytes; its own exit status is good.
        (
            "head -c 10G /dev/zero > big 2>/dev/null || true",
            12,
            "unusable",
        ),
        ("yes | head -c 100M", 13, "too-much-output"),
        ("ln -s /etc/passwd leak.txt", 12, "unusable"),
        ("ln -s /proc/1/environ Main.yaml", 12, "unusable"),
        (
            "python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('door')\"",
            12,
            "unusable",
        ),
        ("mkfifo pipe", 12, "unusable"),
        // Git's own folder is left out: its hooks go nowhere. A second repository is no part of a stack.
        (
            "mkdir -p .git/hooks && echo evil > .git/hooks/pre-commit",
            0,
            "no-change",
        ),
        (
            "mkdir -p sub/.git/hooks && echo evil > sub/.git/hooks/post-checkout",
            12,
            "unusable",
        ),
        (
            "mkdir .github && echo evil > .github/action.yml",
            12,
            "changed",
        ),
        ("echo '* filter=evil' > .gitattributes", 12, "changed"),
        (
            "mkdir -p node_modules/x && echo evil > node_modules/x/index.js",
            12,
            "changed",
        ),
    ];
    for (script, code, expected) in rows {
        let site = stack(script).build();
        let started = Instant::now();
        let ran = site.run();
        assert_eq!(ran.code, code, "{script}: {}\n{}", ran.stdout, ran.stderr);
        assert_eq!(outcome(&site), expected, "{script}");
        assert!(started.elapsed().as_secs() < 50, "{script}");
        nothing_happened(&site);
    }
    for left in ["86399", "86398"] {
        assert_eq!(processes(&format!("sleep\0{left}")), Vec::<String>::new());
    }
    let twin = stack(LONGER).build();
    twin.run().expect(0);
    assert_eq!(outcome(&twin), "changed");
}

#[test]
fn a_workflow_command_in_what_an_agent_says_is_none() {
    let said = "echo '::error::owned'; echo '::set-output name=x::y'; echo '##[group]z'";
    let site = stack(&format!("{said}; {LONGER}")).build();
    let ran = site.lightsout(&["run", "--stack", "site-demo", "--spec", "order.md"]);
    let ran = ran.expect(0);
    assert!(ran.stdout.contains("owned"), "{}", ran.stdout);
    for line in ran.stdout.lines().chain(ran.stderr.lines()) {
        assert!(
            !line.starts_with("::") && !line.starts_with("##["),
            "{line}"
        );
    }
}

/// A model that is never asked anything sensible.
fn idle() -> Script {
    Arc::new(|_: &Heard| Turn::Say("done".to_owned()))
}

/// A program of the repository with a model.
fn with_model(program: &str, model: &Model, key: &std::path::Path, more: &str) -> Site {
    tools();
    let line = format!(
        "agent: {{ command: [/usr/bin/python3, /agent/agent.py], files: agents, minutes: 1, {more} \
         environment: {{ BASE: '{{model}}' }}, \
         model: {{ name: m-1, api: chat, url: '{}', key: {{ file: {} }}, silence_seconds: 5 }} }}",
        model.url(Api::Chat),
        key.display()
    );
    let program = format!(
        "import json, os, signal, socket, sys, threading, time, urllib.error, urllib.request\n\
         base = os.environ['BASE']\n\
         def post(path, body, **headers):\n\
         \x20   request = urllib.request.Request(base + path, body, headers, method='POST')\n\
         \x20   try:\n\
         \x20       with urllib.request.urlopen(request) as answer: return answer.status, answer.read()\n\
         \x20   except urllib.error.HTTPError as error: return error.code, error.read()\n\
         def ask(model='m-1', path='/v1/chat/completions', **more):\n\
         \x20   return post(path, json.dumps({{'model': model, 'messages': [], **more}}).encode(), authorization='Bearer mine')\n\
         {program}\n"
    );
    factory("site-demo", "stacks/site")
        .line(&line)
        .file("agents/agent.py", &program)
        .build()
}

fn key() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "sk-canary-77aa01").unwrap();
    file
}

#[test]
fn ten_thousand_checks_get_two_answers() {
    let model = Model::good(idle());
    let key = key();
    let program = "\
answers = [post('/check', b'')[1].decode() for _ in range(10000)]
print(answers[0][:60], '|', answers[-1][:60])
assert sum('no check is left' in answer for answer in answers) == 9998, answers[:3]";
    let site = with_model(program, &model, key.path(), "checks: 2,");
    let ran = site.run().expect(0);
    let report = ran.json();
    assert_eq!(report.pointer("/agent/0/checks").unwrap(), 10_000);
    assert_eq!(outcome(&site), "no-change");
    nothing_happened(&site);
}

#[test]
fn what_is_not_the_model_is_not_reached_and_is_listed() {
    let model = Model::good(idle());
    let key = key();
    let program = "\
assert ask()[0] == 200
assert ask(model='m-2')[0] == 400
assert ask(path='/v1/files')[0] == 404
assert ask(path='/v1/chat/completions?x=y')[0] == 404
assert post('/v1/chat/completions', b'{\"model\":\"m-1\",\"model\":\"m-2\"}')[0] == 400
assert ask(tools=[{'type': 'web_search'}], web_search_options={})[0] == 200
raw = socket.create_connection(base[7:].split(':'))
raw.sendall(b'CONNECT example.com:443 HTTP/1.1\\r\\nhost: example.com:443\\r\\n\\r\\n')
assert b' 404 ' in raw.recv(100)
raw = socket.create_connection(base[7:].split(':'))
raw.sendall(b'POST http://example.com/v1/chat/completions HTTP/1.1\\r\\nhost: example.com\\r\\ncontent-length: 15\\r\\n\\r\\n{\"model\":\"m-1\"}')
assert b' 200 ' in raw.recv(100)";
    let site = with_model(program, &model, key.path(), "");
    let report = site.run().expect(0).json();
    // The last one names another host, and is asked of the one that is configured.
    assert_eq!(model.requests(), 3);
    for head in model.heads() {
        assert!(
            !head.contains("mine") && !head.contains("example.com"),
            "{head}"
        );
        assert!(head.contains("Bearer sk-canary-77aa01"), "{head}");
    }
    let sent = model.bodies().concat();
    assert!(!sent.contains("web_search"), "{sent}");
    let denied = report.pointer("/agent/0/model/denied").unwrap();
    let denied: Vec<&String> = denied.as_object().unwrap().keys().collect();
    assert!(denied.len() >= 4, "{denied:?}");
    let removed = report.pointer("/agent/0/model/removed").unwrap();
    assert_eq!(removed.as_array().unwrap().len(), 2, "{removed}");
    site.holds_no("sk-canary-77aa01");
}

#[test]
fn whoever_hangs_up_or_asks_at_once_pays_all_the_same() {
    let key = key();
    // Eight at once, where there is room for two: the others find that nothing is left.
    let model = Model::good(idle());
    let program = "\
codes = []
threads = [threading.Thread(target=lambda: codes.append(ask()[0])) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert codes.count(200) == 2, codes";
    let site = with_model(program, &model, key.path(), "budget: { requests: 2 },");
    site.run().expect(13);
    assert_eq!(model.requests(), 2);
    // An answer that nobody waits for costs what was reserved.
    let stalls: Plan = Arc::new(|number| match number {
        0 => Reply::Good,
        _ => Reply::Stall,
    });
    let model = Model::start(idle(), stalls);
    let program = "\
body = b'{\"model\":\"m-1\",\"stream\":true}'
assert ask()[0] == 200
for _ in range(3):
    raw = socket.create_connection(base[7:].split(':'))
    raw.sendall(b'POST /v1/chat/completions HTTP/1.1\\r\\nhost: x\\r\\ncontent-length: %d\\r\\n\\r\\n' % len(body) + body)
    assert b' 200 ' in raw.recv(1000)
    raw.close()
time.sleep(1)";
    let site = with_model(program, &model, key.path(), "");
    let report = site.run().expect(0).json();
    let spent = report.pointer("/agent/0/model/spent/tokens").unwrap();
    assert!(spent.as_u64().unwrap() >= 3 * 32_000, "{report:#}");
    assert_eq!(report.pointer("/agent/0/model/estimated").unwrap(), 3);
}

#[test]
fn an_agent_that_ignores_every_signal_ends_when_its_budget_does() {
    let model = Model::good(idle());
    let key = key();
    let program = "\
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
if os.fork() == 0: os.setsid()
print(ask(), ask())
while True: time.sleep(60)";
    let site = with_model(program, &model, key.path(), "budget: { requests: 1 },");
    let started = Instant::now();
    let ran = site.run().expect(13);
    assert!(started.elapsed().as_secs() < 50, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("budget of 1 requests"),
        "{}",
        ran.stderr
    );
    assert_eq!(outcome(&site), "budget-spent");
    nothing_happened(&site);
}
