//! `policyctl package`.

use std::fs;
use std::io::Read;

use super::support::Folder;

/// The first bytes of a 64-bit Linux executable for that machine.
fn executable(machine: u8) -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0".to_vec();
    bytes.extend([machine, 0]);
    bytes.extend([7; 4_096]);
    bytes
}

#[test]
fn the_package_holds_the_binary_and_the_bundle() {
    let folder = Folder::new();
    folder.write("arm", executable(0xb7));
    folder.write("x86", executable(0x3e));
    folder.run(&["build", "p.policy", "-o", "p.bundle"]).ends(0);
    folder.run(&["package", "p.policy", "--bootstrap", "arm", "-o", "a.zip"]).ends(0).says("`arm64`");
    folder.run(&["package", "p.policy", "--bootstrap", "x86", "-o", "x.zip"]).ends(0).says("`x86_64`");
    let bytes = fs::read(folder.path("a.zip")).unwrap();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    let names: Vec<_> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert_eq!(names, ["bootstrap", "policy.bundle"]);
    for (name, file, mode) in [("bootstrap", "arm", 0o755), ("policy.bundle", "p.bundle", 0o644)] {
        let mut entry = zip.by_name(name).unwrap();
        assert_eq!(entry.unix_mode().unwrap() & 0o777, mode, "{name}");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        assert!(content == fs::read(folder.path(file)).unwrap(), "{name}");
    }
    folder.run(&["package", "p.policy", "--bootstrap", "arm", "-o", "again.zip"]).ends(0);
    assert!(bytes == fs::read(folder.path("again.zip")).unwrap(), "the same inputs give the same bytes");
}

#[test]
fn what_lambda_cannot_run_is_refused() {
    let folder = Folder::new();
    folder.write("script", "#!/bin/sh\n");
    folder.write("mips", executable(8));
    for bootstrap in ["script", "mips"] {
        folder
            .run(&["package", "p.policy", "--bootstrap", bootstrap, "-o", "a.zip"])
            .ends(3)
            .says(&format!("`{bootstrap}` is no 64-bit Linux executable for x86-64 or arm64"));
    }
    folder.run(&["package", "p.policy", "--bootstrap", "none", "-o", "a.zip"]).ends(3).says("`none`");
    assert!(!folder.path("a.zip").exists());
}
