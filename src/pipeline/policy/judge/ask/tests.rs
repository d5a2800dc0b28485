use super::*;

#[test]
fn substitution_reaches_members_that_are_not_there() {
    let paths: Vec<PropertyPath> =
        serde_json::from_str(r#"[["a"], ["b", 0, "c"], ["x", "y"], []]"#).unwrap();
    let value = json!({"b": [{"c": 1, "d": 2}]});
    let put = substituted(&value, &paths[..3], Some(Substitute::True));
    assert_eq!(
        put,
        json!({"a": true, "b": [{"c": true, "d": 2}], "x": null})
    );
    assert_eq!(
        substituted(&value, &paths, Some(Substitute::Zero)),
        json!(0)
    );
    assert_eq!(substituted(&value, &paths, None), value);
}
