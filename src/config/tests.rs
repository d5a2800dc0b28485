use super::*;

const GOOD: &str = "version: 1
stacks:
  - name: site-demo
    path: stacks/site
    autonomy: auto
    policies: [policy-packs/aws-baseline]
    holdouts: { source: holdouts/site-demo, pass_rate: 0.9 }
    state: { url: 'file://./state' }
    packages:
      aws: { provider: twin }
";

#[track_caller]
fn check_error(from: &str, to: &str, expect: &str) {
    let text = GOOD.replace(from, to);
    assert_ne!(text, GOOD, "the replacement must hit");
    let message = parse(&text).unwrap_err().to_string();
    assert!(message.contains(expect), "{message}");
}

#[test]
fn a_good_file_is_read() {
    let job = parse(GOOD)
        .unwrap()
        .job(&StackName::new("site-demo").unwrap(), GOOD)
        .unwrap();
    assert_eq!(job.stack.holdouts.unwrap().basis_points(), Some(9000));
    assert_eq!(job.stack.autonomy, Autonomy::Auto);
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_likely_word() {
    check_error(
        "policies:",
        "polices:",
        "lightsout.yaml:6:5: unknown key `polices`; did you mean `policies`?",
    );
}

#[test]
fn a_wrong_level_is_named_with_the_likely_one() {
    check_error(
        "autonomy: auto",
        "autonomy: atuo",
        "lightsout.yaml:5:15: `atuo` is none of review, balanced, auto; did you mean `auto`?",
    );
}

#[test]
fn what_would_widen_a_run_is_refused() {
    check_error(
        "path: stacks/site",
        "path: ../site",
        "`path` must be a folder below the top",
    );
    check_error(
        "[policy-packs/aws-baseline]",
        "[]",
        "`policies` names no pack",
    );
    check_error("0.9", "0", "`holdouts.pass_rate` must be above 0");
    check_error("file://./state", "s3://bucket", "`state.url` must be");
    check_error(
        "version: 1",
        "version: 2",
        "lightsout.yaml:1:10: `version` must be 1",
    );
}

#[test]
fn the_state_lies_in_nothing_that_is_read_or_shown() {
    for folder in ["stacks/site", "stacks/site/state", "holdouts", ".git/state"] {
        check_error(
            "file://./state",
            &format!("file://./{folder}"),
            "`state.url` overlaps",
        );
    }
    check_error(
        "file://./state",
        "file://./../state",
        "`state.url` must be a folder below",
    );
}

#[test]
fn one_lucky_trial_is_not_enough() {
    check_error(
        "pass_rate: 0.9",
        "runs: 3, quorum: 1",
        "`holdouts.quorum` must be 2 to 3",
    );
    let text = GOOD.replace("pass_rate: 0.9", "runs: 1, quorum: 1");
    parse(&text).unwrap();
}

const TWIN: &str = "aws: { provider: twin }\n";

#[test]
fn a_trial_cannot_take_the_stacks_own_variables() {
    let real = |theirs: &str| {
        format!(
            "aws: {{ provider: plugin, version: 7.18.0, environment: [AWS_PROFILE] }}\n    trial: {{ providers: real, environment: {{ AWS_PROFILE: {theirs} }} }}\n"
        )
    };
    check_error(TWIN, &real("AWS_PROFILE"), "which is the stack's own");
    parse(&GOOD.replace(TWIN, &real("TRIAL_AWS_PROFILE"))).unwrap();
}

#[test]
fn roles_are_apart_and_nobody_gets_the_jobs_identity() {
    let stack = |environment: &str, preview: &str, rest: &str| {
        let arn = |name: &str| format!("{{ arn: 'arn:aws:iam::123456789012:role/{name}' }}");
        format!(
            "aws: {{ provider: plugin, version: 7.18.0, credentials: aws, environment: [{environment}] }}\n    credentials: {{ aws: {{ region: eu-central-1, preview: {}, apply: {} }} }}\n{rest}",
            arn(preview),
            arn("writer")
        )
    };
    parse(&GOOD.replace(TWIN, &stack("", "reader", ""))).unwrap();
    check_error(TWIN, &stack("", "writer", ""), "must be a role of its own");
    let identity = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
    check_error(
        TWIN,
        &stack(identity, "reader", ""),
        "which no provider gets",
    );
    let real = "    trial: { providers: real }\n";
    check_error(
        TWIN,
        &stack("", "reader", real),
        "`credentials.aws.validate`",
    );
    let none = "aws: { provider: plugin, version: 7.18.0, credentials: aws }\n";
    check_error(TWIN, none, "there is no `credentials.aws`");
}

#[test]
fn a_missing_stack_suggests_the_nearest() {
    let error = parse(GOOD)
        .unwrap()
        .job(&StackName::new("site-dmo").unwrap(), GOOD)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "stack `site-dmo` is not in lightsout.yaml; did you mean `site-demo`?; it names `site-demo`"
    );
}

#[test]
fn an_expansion_bomb_is_an_error() {
    let mut bomb = String::from("a: &a [x,x,x,x,x,x,x,x,x,x]\n");
    for (from, to) in ["a", "b", "c", "d", "e", "f", "g", "h"]
        .iter()
        .zip(["b", "c", "d", "e", "f", "g", "h", "i"])
    {
        bomb.push_str(&format!(
            "{to}: &{to} [*{from},*{from},*{from},*{from},*{from},*{from},*{from},*{from}]\n"
        ));
    }
    assert!(parse(&bomb).is_err());
}

#[test]
fn what_is_hidden_cannot_lie_in_what_the_agent_is_shown() {
    for (from, to) in [
        ("holdouts/site-demo", "stacks/site/holdouts"),
        ("policy-packs/aws-baseline", "stacks/site"),
        ("path: stacks/site", "path: Holdouts"),
        (
            "autonomy: auto",
            "autonomy: auto\n    agent: { command: [/bin/true], files: policy-packs }",
        ),
    ] {
        check_error(from, to, "must be hidden from it");
    }
    // The honest twin: an agent's files beside them.
    let text = GOOD.replace(
        "autonomy: auto",
        "autonomy: auto\n    agent: { command: [/bin/true], files: agents }",
    );
    assert!(parse(&text).is_ok());
}

/// A stack with this agent, and this budget.
fn with_agent(agent: &str, budget: &str) -> Result<Config, Error> {
    parse(&format!(
        "version: 1\nstacks:\n  - name: prod\n    path: stacks/site\n    autonomy: review\n    policies: [packs/aws]\n    state: {{ url: 'file://./state' }}\n    packages: {{ aws: {{ provider: twin }} }}\n    agent: {agent}\n    budget: {budget}\n"
    ))
}

#[test]
fn a_key_in_the_place_of_its_source_is_not_repeated() {
    let agent = |key: &str| format!("{{ kind: codex, model: {{ name: m, key: {key} }} }}");
    for key in [
        "sk-canary-1",
        "{ sk-canary-1: x }",
        "[sk-canary-1]",
        "{ value: sk-canary-1 }",
    ] {
        let error = with_agent(&agent(key), "{}").unwrap_err().to_string();
        assert!(!error.contains("canary"), "{error}");
    }
    let word = with_agent(&agent("sk-canary-1"), "{}")
        .unwrap_err()
        .to_string();
    assert!(word.contains("must never be here"), "{word}");
    with_agent(&agent("{ file: /run/secrets/key }"), "{}").unwrap();
    with_agent(&agent("{ descriptor: 3 }"), "{}").unwrap();
    with_agent(&agent("{ oidc: { audience: models } }"), "{}").unwrap();
}

#[test]
fn an_agent_that_cannot_work_is_named() {
    let model = "model: { name: m, key: { descriptor: 3 } }";
    let cases = [
        ("{ kind: codex }".to_owned(), "{}", "needs a `model`"),
        ("{ kind: command }".to_owned(), "{}", "`agent.command` is empty"),
        (format!("{{ kind: codex, command: [/bin/sh], {model} }}"), "{}", "is for the kinds"),
        (format!("{{ command: [/bin/sh], {model} }}"), "{}", "needs `agent.model.api`"),
        (
            "{ kind: codex, model: { name: m, api: chat, key: { descriptor: 3 } } }".to_owned(),
            "{}",
            "does not speak",
        ),
        (
            "{ kind: codex, model: { name: m, url: 'https://u:canary@example.com', key: { descriptor: 3 } } }".to_owned(),
            "{}",
            "without a password",
        ),
        (
            "{ kind: codex, model: { name: m, url: 'http://example.com', key: { descriptor: 3 } } }".to_owned(),
            "{}",
            "must begin with `https://`",
        ),
        (format!("{{ kind: codex, {model} }}"), "{ model: { usd: 5 } }", "needs `agent.model.price`"),
        (format!("{{ kind: codex, {model}, toolchains: [{{ path: /usr/lib, sha256: {} }}] }}", "0".repeat(64)), "{}", "not below `/usr`"),
    ];
    for (agent, budget, said) in cases {
        let error = with_agent(&agent, budget).unwrap_err().to_string();
        assert!(
            error.contains(said) && !error.contains("canary"),
            "{agent}: {error}"
        );
    }
    with_agent(&format!("{{ kind: codex, {model} }}"), "{}").unwrap();
}

#[test]
fn a_pack_is_a_name_or_an_object_with_settings() {
    let packs = "[lightsout:aws-baseline, { pack: packs/own, parameters: { OWN-001: { days: 30, names: [a, b] } }, levels: { OWN-002: advisory } }]";
    let text = GOOD.replace("[policy-packs/aws-baseline]", packs);
    let job = parse(&text)
        .unwrap()
        .job(&StackName::new("site-demo").unwrap(), &text)
        .unwrap();
    let [plain, own] = job.stack.policies.as_slice() else {
        panic!("{:?}", job.stack.policies);
    };
    assert_eq!(plain.pack, "lightsout:aws-baseline");
    assert!(plain.parameters.is_empty() && plain.levels.is_empty());
    let id = |text: &str| crate::names::RuleId::new(text).unwrap();
    let values = serde_json::json!({ "days": 30, "names": ["a", "b"] });
    assert_eq!(
        serde_json::to_value(&own.parameters[&id("OWN-001")]).unwrap(),
        values
    );
    assert_eq!(
        own.levels[&id("OWN-002")],
        crate::pipeline::policy::Level::Advisory
    );
    for (packs, said) in [
        (
            "[{ pack: packs/own, parameter: {} }]",
            "did you mean `parameters`?",
        ),
        (
            "[{ parameters: {} }]",
            "neither a `pack` nor a `crossguard`",
        ),
        ("[{ pack: packs/own, crossguard: packs/other }]", "not both"),
        (
            "[{ crossguard: packs/own, levels: { a: advisory } }]",
            "it configures itself",
        ),
        (
            "[{ crossguard: 'lightsout:aws-baseline' }]",
            "must be a folder",
        ),
        ("[{ crossguard: ../own }]", "must be a folder below the top"),
        ("[{ pack: ../own }]", "must be a folder below the top"),
        (
            "[{ pack: packs/own, levels: { OWN-001: off } }]",
            "is none of advisory, mandatory",
        ),
        ("[[packs/own]]", "a pack's folder"),
    ] {
        check_error("[policy-packs/aws-baseline]", packs, said);
    }
    // Whatever it is called with, it is hidden from agents.
    for pack in [
        "[{ pack: stacks/site/own }]",
        "[{ crossguard: stacks/site/own }]",
    ] {
        check_error(
            "[policy-packs/aws-baseline]",
            pack,
            "must be hidden from it",
        );
    }
}

#[test]
fn waivers_need_a_file_apart_and_keys() {
    let key = crate::ledger::Key::generate("security")
        .unwrap()
        .verifier()
        .to_string();
    let with = |waivers: &str| format!("aws: {{ provider: twin }}\n    waivers: {waivers}\n");
    let good = with(&format!("{{ file: waivers.prod, keys: ['{key}'] }}"));
    parse(&GOOD.replace(TWIN, &good)).unwrap();
    for (waivers, said) in [
        (
            format!("{{ file: stacks/site/waivers, keys: ['{key}'] }}"),
            "must be hidden from it",
        ),
        (
            format!("{{ file: ../waivers, keys: ['{key}'] }}"),
            "`waivers.file` must be a file",
        ),
        (
            "{ file: waivers.prod, keys: [] }".to_owned(),
            "`waivers.keys` is empty",
        ),
        ("{ file: waivers.prod }".to_owned(), "keys"),
        (
            "{ file: waivers.prod, keys: [security] }".to_owned(),
            "is not a verifier key",
        ),
        (
            format!("{{ file: waivers.prod, keys: ['{key}', '{key}'] }}"),
            "twice",
        ),
    ] {
        check_error(TWIN, &with(&waivers), said);
    }
}

#[test]
fn a_cooling_period_is_at_most_a_year_and_never_none_by_accident() {
    let days = |text: &str| {
        let job = parse(text)
            .unwrap()
            .job(&StackName::new("site-demo").unwrap(), text)
            .unwrap();
        job.stack.destructive.cooling_days
    };
    let with = |days: &str| format!("aws: {{ provider: twin }}\n    destructive: {days}\n");
    assert_eq!(days(GOOD), 7);
    assert_eq!(days(&GOOD.replace(TWIN, &with("{ require: human }"))), 7);
    assert_eq!(
        days(&GOOD.replace(TWIN, &with("{ cooling_days: 365 }"))),
        365
    );
    check_error(TWIN, &with("{ cooling_days: 366 }"), "must be 0 to 365");
    check_error(TWIN, &with("{ cooling_days: -1 }"), "lightsout.yaml:");
}

#[test]
fn the_schema_admits_both_forms_of_a_pack() {
    let schema = serde_json::to_value(schema()).unwrap();
    let text = schema.to_string();
    for word in [
        "\"parameters\"",
        "\"levels\"",
        "\"cooling_days\"",
        "\"waivers\"",
        "\"advisory\"",
    ] {
        assert!(text.contains(word), "{word}");
    }
    let items = schema
        .pointer("/$defs/Stack/properties/policies/items")
        .unwrap();
    let name = items["$ref"].as_str().map(|it| it.trim_start_matches('#'));
    let form = name.map_or(items, |it| schema.pointer(it).unwrap());
    assert_eq!(form["anyOf"].as_array().unwrap().len(), 2, "{form}");
}
