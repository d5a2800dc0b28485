//! What a payload sees.

use crate::support::*;

#[tokio::test]
async fn smoke() {
    let outside = Outside::new();
    let mut sandbox = sandbox(vec![outside.read_only("/work")]).await;
    println!("{:#?}", sandbox.enforced());
    println!("{}", sh(&sandbox, "ls -la / /work /dev /etc; id; cat /work/file; env; cat /proc/self/mountinfo; ps aux || ls /proc; touch /tmp/x /home/user/x").await);
    for attempt in sandbox.probe(&[outside.path().join("file")]).await.unwrap() {
        println!("{:40} {}", attempt.path.display(), attempt.name);
    }
    sandbox.end().await.unwrap();
}
