//! Files that are given another text: the whole of it, or none.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::exit::Failure;

/// Puts a text in the place of the one that was read. Whoever reads the file meanwhile sees one or the other;
/// what somebody else has written since is not overwritten.
pub(crate) fn file(path: &str, before: &str, after: &str) -> Result<(), Failure> {
    match replace(path, before, after) {
        Ok(true) => Ok(()),
        Ok(false) => {
            Err(Failure::invalid(format!("`{path}` has changed since it was read"))
                .help("run the command again"))
        }
        Err(error) => Err(Failure::invalid(format!("`{path}` cannot be written: {error}"))),
    }
}

fn replace(path: &str, before: &str, after: &str) -> io::Result<bool> {
    // A link stays one: the file that it leads to is replaced.
    let path = fs::canonicalize(path)?;
    let permissions = fs::metadata(&path)?.permissions();
    if permissions.readonly() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(after.as_bytes())?;
    file.as_file().set_permissions(permissions)?;
    if fs::read(&path)? != before.as_bytes() {
        return Ok(false);
    }
    file.persist(path)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "what is not as expected is a failed test")]

    use super::*;

    #[test]
    fn what_has_changed_meanwhile_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.policy");
        let name = path.to_str().unwrap();
        fs::write(&path, "new").unwrap();
        assert!(file(name, "old", "newer").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert!(file(name, "new", "newer").is_ok());
        assert_eq!(fs::read_to_string(&path).unwrap(), "newer");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("p.policy"), folder.path().join("link.policy"));
        fs::write(&path, "a").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&path, &link).unwrap();
        assert!(file(link.to_str().unwrap(), "a", "b").is_ok());
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "b");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o440)).unwrap();
        assert!(file(link.to_str().unwrap(), "b", "c").is_err());
    }
}
