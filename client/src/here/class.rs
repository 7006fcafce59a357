//! The class that is held on this computer: a configuration of its own in the client's folder, so that certificate, room and
//! password stay from lesson to lesson, and free ports in the place of those that another program has.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::child::{Failure, Server};
use super::{HereError, Ready};

/// A server whose window was just closed may still be ending: the first failure is not believed.
const LINGER: Duration = Duration::from_secs(1);
/// The server's code for a wrong configuration, a port that is taken among it.
const MISCONFIGURED: i32 = 2;
/// The ports of a server by their key in the configuration.
const PORTS: [(&str, u16); 3] = [("control_port", 5511), ("video_port", 9000), ("audio_port", 5858)];
/// What the first start writes. A person may change it afterwards.
const CONFIG: &str = "\
# The class that Lectern holds on this computer (\"Start a class here\"). `lectern-server check --config` with this file shows what
# may stand here. The folder of videos and the server's name come from the window's settings and go over this file. Database,
# certificate, keys and password lie in `data` beside it: as long as they stay, so do the join link and the password.

[rooms]
name = class
";

/// Starts the class's server.
pub(super) fn start(program: &Path, videos: &Path, name: &str) -> Result<(Ready, Server), HereError> {
    let folder = crate::ui::storage_folder().ok_or(HereError::NoStorage)?.join("class");
    let failed = |path: &Path, error: std::io::Error| HereError::Folder { path: path.to_owned(), why: error.into() };
    std::fs::create_dir_all(videos).map_err(|e| failed(videos, e))?;
    std::fs::create_dir_all(&folder).map_err(|e| failed(&folder, e))?;
    let only_one = lock(&folder)?;
    let config = configuration(&folder).map_err(|e| failed(&folder, e))?;
    let plan = Plan { program, config: &config, videos, name };
    let (ready, mut server) = plan.start()?;
    server.hold(only_one);
    Ok((ready, server))
}

/// One class at a time: the lock goes with this program, however that ends.
fn lock(folder: &Path) -> Result<File, HereError> {
    let failed = |error: std::io::Error| HereError::Folder { path: folder.to_owned(), why: error.into() };
    let file = File::options().create(true).truncate(false).write(true).open(folder.join(".window")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(HereError::Running),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// The configuration's path; written if there is none.
fn configuration(folder: &Path) -> std::io::Result<PathBuf> {
    let path = folder.join("config.ini");
    match File::options().create_new(true).write(true).open(&path) {
        Ok(mut file) => std::io::Write::write_all(&mut file, CONFIG.as_bytes()).map(|()| path),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(path),
        Err(error) => Err(error),
    }
}

struct Plan<'a> {
    program: &'a Path,
    config: &'a Path,
    videos: &'a Path,
    name: &'a str,
}

impl Plan<'_> {
    /// Starts it, on other ports where the usual ones are taken.
    fn start(&self) -> Result<(Ready, Server), HereError> {
        let mut free: Vec<(&str, u16)> = Vec::new();
        let mut lingered = false;
        loop {
            let failure = match Server::start(&mut self.command(&free)) {
                Ok((announced, server)) => return Ok((announced.ready(free.iter().find(|(key, _)| *key == PORTS[0].0).map(|(_, port)| *port)), server)),
                Err(failure) => failure,
            };
            let taken = taken(&failure);
            if !std::mem::replace(&mut lingered, true) && (taken.is_some() || failure.code == Some(1)) {
                std::thread::sleep(LINGER);
                continue;
            }
            match taken.filter(|port| !free.contains(port)) {
                Some(port) => free.push(port),
                None => return Err(failure.explain()),
            }
        }
    }

    fn command(&self, free: &[(&str, u16)]) -> Command {
        let mut command = Command::new(self.program);
        command.arg("run").arg("--config").arg(self.config).args(["--announce", "-", "--until-input-ends", "--log", "warn"]);
        let mut videos = std::ffi::OsString::from("paths.videos=");
        videos.push(self.videos);
        command.arg("--set").arg(videos);
        if !self.name.is_empty() {
            command.arg("--set").arg(format!("server.name={}", self.name));
        }
        for (key, _) in free {
            command.arg("--set").arg(format!("server.{key}=0"));
        }
        command
    }
}

/// The port that another program has, as the server says it: `FILE:LINE: [server] KEY: port N is in use ...`.
fn taken(failure: &Failure) -> Option<(&'static str, u16)> {
    let says = |key: &str, usual: u16| {
        let number = failure.said.iter().find_map(|l| l.split_once(&format!("[server] {key}: port "))?.1.split_once(" is in use"));
        number.map(|(number, _)| number.parse().unwrap_or(usual))
    };
    PORTS.iter().filter(|_| failure.code == Some(MISCONFIGURED)).find_map(|(key, usual)| says(key, *usual).map(|number| (*key, number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_understood() {
        let check =
            |code, line: &str, want| assert_eq!(taken(&Failure { code: Some(code), said: vec!["x".into(), line.into()], refused: None }), want, "{line}");
        let line = "/home/ana/.local/share/lectern/class/config.ini:1: [server] video_port: port 9001 is in use by another program; end that program";
        check(2, line, Some(("video_port", 9001)));
        check(1, line, None);
        check(2, "config.ini:1: [server] video_port: port 80 may not be opened by this user; choose a port above 1023", None);
        check(2, "config.ini:1: [server] name: the value is empty; 1 to 64 bytes are allowed", None);
    }

    #[test]
    fn what_a_person_changed_stays_and_one_window_holds_the_class() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = configuration(dir.path()).expect("written");
        assert_eq!(std::fs::read_to_string(&path).expect("there"), CONFIG);
        std::fs::write(&path, "[rooms]\nname = 7b\n").expect("writable");
        assert_eq!(configuration(dir.path()).expect("there"), path);
        assert_eq!(std::fs::read_to_string(&path).expect("there"), "[rooms]\nname = 7b\n");
        let held = lock(dir.path()).expect("free");
        assert_eq!(lock(dir.path()).err(), Some(HereError::Running));
        drop(held);
        assert!(lock(dir.path()).is_ok());
    }
}
