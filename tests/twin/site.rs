//! The YAML stack `stacks/site`.

use serde_json::{Value, json};

use crate::engine::{Project, pulumi};

#[tokio::test]
async fn x() {
    let Some(p) = pulumi() else { return };
    let project = Project::new(p, "site", "site-demo").await;
    let pv = project.preview().await;
    println!("{}", serde_json::to_string_pretty(&pv).unwrap());
    let st = project.up().await;
    println!("{}", serde_json::to_string_pretty(&st).unwrap());
    println!("{}", project.outputs().await);
    println!("{}", project.preview().await["changeSummary"]);
    project.destroy().await;
    println!("{:?} {:?}", project.twin.is_empty(), project.twin.calls());
}
