// SPDX-License-Identifier: 0BSD
//! Holds the plugin to the contract: runs godwit-plugin-check (GODWIT_PLUGIN_CHECK names another one).
use std::process::Command;

#[test]
fn contract() {
    let mut file = std::env::current_exe().unwrap(); // target/debug/deps/contract-...
    file.pop();
    file.push("libmy_plugin.so");
    let checker =
        std::env::var("GODWIT_PLUGIN_CHECK").unwrap_or_else(|_| "godwit-plugin-check".to_string());
    let output = Command::new(checker).arg(file).output().expect("godwit-plugin-check runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
