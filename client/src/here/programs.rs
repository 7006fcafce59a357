//! Finds the programs that belong to this one: beside it, in the search path, or where the environment names them.

use std::path::{Path, PathBuf};

use super::HereError;

/// The server that starts here, with the media worker that it needs.
///
/// # Errors
/// [`HereError::NoServer`] and [`HereError::NoWorker`].
pub(super) fn server() -> Result<PathBuf, HereError> {
    let server = find("LECTERN_SERVER", "lectern-server", std::env::current_exe().ok().as_deref()).ok_or(HereError::NoServer)?;
    // The server looks beside itself.
    find("LECTERN_MEDIA", "lectern-media", Some(&server)).ok_or(HereError::NoWorker)?;
    Ok(server)
}

/// The media worker, which captures and encodes what is published.
///
/// # Errors
/// [`HereError::NoWorker`].
pub(crate) fn worker() -> Result<PathBuf, HereError> {
    find("LECTERN_MEDIA", "lectern-media", std::env::current_exe().ok().as_deref()).ok_or(HereError::NoWorker)
}

fn find(variable: &str, name: &str, beside: Option<&Path>) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(variable) {
        return Some(PathBuf::from(named)).filter(|p| p.is_file());
    }
    search(name, beside, std::env::var_os("PATH").as_deref())
}

/// Beside a program first, then in a search path.
fn search(name: &str, beside: Option<&Path>, path: Option<&std::ffi::OsStr>) -> Option<PathBuf> {
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let near = beside.and_then(Path::parent).map(Path::to_owned);
    let folders = path.map(|p| std::env::split_paths(p).collect::<Vec<_>>()).unwrap_or_default();
    // An empty entry would be the folder that the program was started in, where anybody may have put anything.
    near.into_iter().chain(folders.into_iter().filter(|f| f.is_absolute())).map(|folder| folder.join(&name)).find(|p| p.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_comes_before_the_path_and_the_working_folder_is_not_searched() {
        let dir = tempfile::tempdir().expect("a directory");
        let name = format!("tool{}", std::env::consts::EXE_SUFFIX);
        let [near, far] = ["near", "far"].map(|f| dir.path().join(f));
        for folder in [&near, &far] {
            std::fs::create_dir(folder).expect("made");
            std::fs::write(folder.join(&name), b"x").expect("writable");
        }
        let path = std::env::join_paths([PathBuf::new(), far.clone()]).expect("a path");
        assert_eq!(search("tool", Some(&near.join("lectern")), Some(&path)), Some(near.join(&name)));
        assert_eq!(search("tool", None, Some(&path)), Some(far.join(&name)));
        assert_eq!(search("tool", Some(&dir.path().join("lectern")), None), None);
        assert_eq!(search("Cargo.toml", None, Some(std::ffi::OsStr::new(""))), None);
    }
}
