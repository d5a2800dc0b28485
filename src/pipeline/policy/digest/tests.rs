use serde_json::json;

use super::*;

const URN: &str = "urn:pulumi:dev::site::aws:rds/instance:Instance::db";

fn digest(steps: Value) -> Result<Read, Error> {
    read(
        json!({"steps": steps, "changeSummary": {}})
            .to_string()
            .as_bytes(),
        None,
    )
}

fn paths(paths: &[PropertyPath]) -> Vec<String> {
    paths.iter().map(ToString::to_string).collect()
}

#[test]
fn secrets_and_unknown_values_are_listed_and_not_shown() {
    let step = json!({"op": "update", "urn": URN, "provider": "p",
        "oldState": {"inputs": {"password": "[secret]", "engine": "mysql"}, "protect": true},
        "newState": {"inputs": {"password": "[secret]", "tags": {"a": ["04da6b54-80e4-46f7-96ec-b56ff0331ba9", "x"]}}, "retainOnDelete": true},
        "diffReasons": ["tags"], "detailedDiff": null});
    let read = digest(json!([step])).unwrap();
    assert_eq!(read.request.stack.project, "site");
    let [subject] = read.request.subjects.as_slice() else {
        panic!("one subject");
    };
    assert_eq!(
        subject.inputs,
        json!({"password": null, "tags": {"a": [null, "x"]}})
    );
    assert_eq!(paths(&subject.unknown_paths), ["tags.a[0]", "password"]);
    assert_eq!(paths(&subject.secret_paths), ["password"]);
    assert_eq!(paths(&subject.unknown_old_paths), ["password"]);
    assert!(subject.options.retain_on_delete && !subject.options.protect);
    assert!(subject.old_options.as_ref().unwrap().protect);
    assert_eq!(subject.diff[0].kind, "update");
}

/// The outputs of one step, and which are not known.
fn outputs(op: &str, step: Value) -> (Value, Vec<String>) {
    let mut step = step;
    step["op"] = json!(op);
    step["urn"] = json!(URN);
    if op == "replace" {
        step["op"] = json!("create-replacement");
    }
    let read = digest(json!([step])).unwrap();
    let [subject] = read.request.subjects.as_slice() else {
        panic!("one subject");
    };
    let unknown = subject.unknown_output_paths.iter();
    let unknown = unknown.map(|path| format!("/{path}")).collect();
    (json!(subject.outputs), unknown)
}

#[test]
fn outputs_that_a_digest_leaves_out_are_not_known() {
    let open = (json!({}), vec!["/".to_owned()]);
    for op in ["create", "update", "replace", "import"] {
        let step = json!({"newState": {"outputs": null}, "oldState": {"outputs": {"a": 1}}, "provider": "p"});
        assert_eq!(outputs(op, step), open, "{op}");
        let step = json!({"newState": {"outputs": {"a": 1}}});
        let some = (json!({"a": 1}), vec!["/".to_owned()]);
        assert_eq!(outputs(op, step), some, "{op}");
    }
    // What stays the same keeps what it has; a component's are its program's.
    let old = json!({"outputs": {"a": 1, "s": "[secret]"}});
    let step = |provider| json!({"newState": {}, "oldState": old, "provider": provider});
    let kept = (json!({"a": 1, "s": null}), vec!["/s".to_owned()]);
    assert_eq!(outputs("same", step("p")), kept);
    assert_eq!(outputs("same", step("")), open);
    let said = json!({"newState": {"outputs": {"b": 2}}, "oldState": old});
    assert_eq!(outputs("same", said), (json!({"b": 2}), Vec::new()));
    assert_eq!(
        outputs(
            "read",
            json!({"newState": {"outputs": {}}, "provider": "p"})
        ),
        open
    );
    let gone = outputs("delete", json!({"oldState": old}));
    assert_eq!(gone, (Value::Null, Vec::new()));
}

#[test]
fn what_the_state_ignores_is_known_only_where_it_is_shown() {
    for (old, expect) in [
        (json!({}), None),
        (
            json!({"ignoreChanges": ["tags"]}),
            Some(vec!["tags".to_owned()]),
        ),
    ] {
        let step = json!({"op": "update", "urn": URN, "oldState": old, "newState": {}});
        let read = digest(json!([step])).unwrap();
        let subject = read.request.subjects.first().unwrap();
        let old = subject.old_options.as_ref().unwrap();
        assert_eq!(old.ignore_changes, expect);
    }
}

#[test]
fn what_is_not_a_whole_preview_is_refused() {
    let create = json!({"op": "create", "urn": URN});
    for (text, expect) in [
        (
            json!({"steps": [create], "changeSummary": {}}),
            "a `create` without `newState`",
        ),
        (
            json!({"steps": [{"op": "delete", "urn": URN}], "changeSummary": {}}),
            "a `delete` without `oldState`",
        ),
        (
            json!({"steps": [{"op": "vanish", "urn": URN, "newState": {}}], "changeSummary": {}}),
            "not an operation",
        ),
        (
            json!({"steps": [{"op": "create", "urn": "x"}], "changeSummary": {}}),
            "line 1, column",
        ),
        (
            json!({"steps": [], "changeSummary": {"create": 1}}),
            "counts 1 of `create` and holds 0",
        ),
        (
            json!({"steps": [], "diagnostics": [{"severity": "error", "message": "no such stack"}]}),
            "no such stack",
        ),
        (json!({"steps": [], "maybeCorrupt": true}), "corrupt"),
        (json!({"steps": []}), "--stack"),
        (
            json!({"steps": [{"op": "create", "urn": URN, "newState": {}}]}),
            "no summary of its changes",
        ),
        (
            json!({"steps": [{"op": "replace", "urn": URN, "newState": {}}], "changeSummary": {"replace": 1}}),
            "--show-replacement-steps",
        ),
        (json!({"steps": [], "subjects": []}), "neither"),
        (json!({"resources": []}), "neither"),
    ] {
        let error = read(text.to_string().as_bytes(), None)
            .unwrap_err()
            .to_string();
        assert!(error.contains(expect), "{text}: {error}");
    }
    let error = read(b"Installing policy pack\n{\n  \"steps\": [\n", None).unwrap_err();
    assert!(
        error.to_string().starts_with("line 3") || error.to_string().starts_with("line 4"),
        "{error}"
    );
    assert!(read(b"", None).is_err());
}

#[test]
fn unchanged_resources_that_are_not_shown_are_counted() {
    let step = json!({"op": "create", "urn": URN, "newState": {}});
    let text = json!({"steps": [step], "changeSummary": {"create": 1, "same": 4}}).to_string();
    let read = read(text.as_bytes(), None).unwrap();
    assert_eq!(read.sames_left_out, 4);
}

#[test]
fn a_request_is_taken_as_it_is() {
    let text = json!({"stack": {"project": "p", "name": "s"}, "subjects": []}).to_string();
    let read = read(text.as_bytes(), None).unwrap();
    assert!(read.request.subjects.is_empty());
    assert_eq!(read.request.stack.name.as_str(), "s");
}

#[test]
fn a_request_is_known_by_its_beginning() {
    for text in ["{\"stack\":{", "{\n  \"subjects\": [", " { \"stack\" : {"] {
        assert!(is_request(text.as_bytes()), "{text}");
    }
    for text in ["", "{", "{\"steps\":[", "x\n{\"stack\":{"] {
        assert!(!is_request(text.as_bytes()), "{text}");
    }
    let text = br#"{"stack": {"project": "p", "name": "s"}, "subjects": []}"#;
    assert_eq!(stack_name(text).unwrap().as_str(), "s");
}
