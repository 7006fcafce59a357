//! The viewer from the server: the real program asks a real server for what lies in its `dist`.

use lectern_tests::stack::{Stack, bin, text};
use serde_json::Value;
use std::process::Command;

#[test]
fn what_lies_in_dist_reaches_a_client_without_a_password() {
    let dist = tempfile::tempdir().expect("a folder");
    let platform = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    let content: Vec<u8> = (0..3_000_000u32).map(|i| (i % 255) as u8).collect();
    std::fs::write(dist.path().join(format!("lectern-0.9.0-{platform}.tar.xz")), b"an older one").expect("writable");
    std::fs::write(dist.path().join(format!("lectern-0.10.0-{platform}.tar.xz")), &content).expect("writable");
    let stack = Stack::start(&[&format!("paths.dist={}", dist.path().display())]).expect("a server");
    let to = stack.path("to");
    let update = |more: &[&str]| {
        let mut command = Command::new(bin("lectern"));
        command.args(["update", "--join", &stack.join(), "--to"]).arg(&to).args(more);
        command.output().expect("lectern runs")
    };
    for _ in 0..2 {
        let output = update(&[]);
        assert!(output.status.success(), "{}", text(&output));
        let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!((&told["version"], &told["package"]), (&"0.10.0".into(), &false.into()));
        assert_eq!(std::fs::read(told["path"].as_str().expect("a path")).expect("there"), content);
    }
    let output = update(&["--version", "0.9.0"]);
    assert!(output.status.success(), "{}", text(&output));
    let output = update(&["--version", "7.0.0"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("hands out no Lectern for this system"), "{}", text(&output));
}
