//! The YAML stack `stacks/site`, from its first preview until nothing is left.

use lightsout::perimeter::sandbox::End;
use serde_json::{Value, json};

use super::engine::Project;

/// Two buckets, and the settings of each.
const RESOURCES: usize = 9;

#[tokio::test]
async fn a_stack_lives_and_dies() {
    let project = Project::new("site", "site-demo").await;

    let first = project.preview().await;
    assert_eq!(first["changeSummary"], json!({ "create": RESOURCES + 1 }));
    assert!(project.twin.is_empty(), "a preview made something");
    assert_eq!(
        planned_inputs(&project.preview().await),
        planned_inputs(&first),
        "two previews of one program differ"
    );

    let state = project.up().await;
    assert_eq!(project.twin.resources().len(), RESOURCES);
    let name = planned_name(&first, "content");
    assert_eq!(
        resource(&state, "content")["id"],
        json!(name),
        "up chose another name than preview"
    );
    let outputs = project.outputs().await;
    assert_eq!(outputs["bucket"], json!(name));
    assert_eq!(outputs["bucketArn"], json!(format!("arn:aws:s3:::{name}")));
    assert_eq!(
        project.preview().await["changeSummary"],
        json!({ "same": RESOURCES + 1 })
    );

    project.edit("Pulumi.yaml", "owner: web-team", "owner: site-team");
    assert_eq!(
        project.preview().await["changeSummary"],
        json!({ "same": RESOURCES - 1, "update": 2 })
    );
    let state = project.up().await;
    let content = resource(&state, "content");
    assert_eq!(content["id"], json!(name), "an update made another bucket");
    assert_eq!(content["outputs"]["tagsAll"]["owner"], json!("site-team"));

    project.destroy().await;
    assert!(project.twin.is_empty(), "{:?}", project.twin.resources());
}

#[tokio::test]
async fn another_name_replaces_the_bucket_and_what_hangs_on_it() {
    let project = Project::new("site", "site-demo").await;
    project.up().await;

    project.edit(
        "Pulumi.yaml",
        "  content:\n    type: aws:s3:Bucket\n    properties:\n",
        "  content:\n    type: aws:s3:Bucket\n    properties:\n      bucket: pages\n",
    );
    let preview = project.preview().await;
    let step = step(&preview, "content", "replace");
    assert_eq!(step["replaceReasons"], json!(["bucket"]));
    assert_eq!(
        step["detailedDiff"]["bucket"]["kind"],
        json!("update-replace")
    );

    let state = project.up().await;
    assert_eq!(resource(&state, "content")["id"], json!("pages"));
    assert_eq!(resource(&state, "contentAccess")["id"], json!("pages"));
    assert_eq!(
        project.twin.resources().len(),
        RESOURCES,
        "a replaced resource is still there"
    );
}

#[tokio::test]
async fn a_stack_made_by_an_earlier_process_can_be_changed_and_destroyed() {
    let project = Project::new("site", "site-demo").await;
    let before = project.up().await;

    let project = project.with_another_twin().await;
    assert_eq!(
        project.preview().await["changeSummary"],
        json!({ "same": RESOURCES + 1 })
    );
    project.edit("Pulumi.yaml", "owner: web-team", "owner: site-team");
    let after = project.up().await;
    let (before, after) = (resource(&before, "logs"), resource(&after, "logs"));
    assert_eq!(before["id"], after["id"]);
    assert_eq!(before["outputs"]["arn"], after["outputs"]["arn"]);

    project.destroy().await;
    assert!(project.twin.is_empty(), "{:?}", project.twin.resources());
}

#[tokio::test]
async fn a_name_taken_twice_passes_the_preview_and_fails_half_way() {
    let project = Project::new("site", "site-demo").await;
    for bucket in ["content", "logs"] {
        project.edit(
            "Pulumi.yaml",
            &format!("  {bucket}:\n    type: aws:s3:Bucket\n    properties:\n"),
            &format!(
                "  {bucket}:\n    type: aws:s3:Bucket\n    properties:\n      bucket: pages\n"
            ),
        );
    }
    project.preview().await;

    let ended = project
        .run(&["up", "--yes", "--skip-preview", "--stack", "site-demo"])
        .await;
    assert_ne!(ended.end, End::Exited(0));
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(said.contains("one of this name already exists"), "{said}");
    assert!(!project.twin.is_empty());

    project.destroy().await;
    assert!(project.twin.is_empty(), "{:?}", project.twin.resources());
}

#[tokio::test]
async fn a_property_that_does_not_exist_is_refused_at_preview() {
    let project = Project::new("site", "site-demo").await;
    project.edit(
        "Pulumi.yaml",
        "blockPublicAcls: true",
        "blockPublicAlcs: true",
    );
    let ended = project.run(&["preview", "--stack", "site-demo"]).await;
    assert_ne!(ended.end, End::Exited(0));
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(said.contains("blockPublicAlcs"), "{said}");
}

fn urn_ends(value: &Value, name: &str) -> bool {
    value["urn"]
        .as_str()
        .unwrap()
        .ends_with(&format!("::{name}"))
}

#[track_caller]
fn step<'a>(preview: &'a Value, name: &str, op: &str) -> &'a Value {
    let steps = preview["steps"].as_array().unwrap();
    let found = steps.iter().find(|s| urn_ends(s, name) && s["op"] == op);
    found.unwrap_or_else(|| panic!("no step `{op}` of `{name}`"))
}

/// What is asked for, by URN: the order of steps is the engine's business.
fn planned_inputs(preview: &Value) -> std::collections::BTreeMap<&str, &Value> {
    let steps = preview["steps"].as_array().unwrap();
    steps
        .iter()
        .map(|step| (step["urn"].as_str().unwrap(), &step["newState"]["inputs"]))
        .collect()
}

#[track_caller]
fn planned_name(preview: &Value, name: &str) -> String {
    let bucket = &step(preview, name, "create")["newState"]["inputs"]["bucket"];
    bucket.as_str().unwrap().to_owned()
}

#[track_caller]
fn resource<'a>(state: &'a Value, name: &str) -> &'a Value {
    let resources = state["deployment"]["resources"].as_array().unwrap();
    let found = resources.iter().find(|r| urn_ends(r, name));
    found.unwrap_or_else(|| panic!("no resource `{name}`"))
}
