//! A private sound server whose only device is a null sink: what is played into it is heard at its other end, which is the
//! system's microphone.
#![allow(dead_code, unreachable_pub, missing_debug_implementations, reason = "every test program uses a part of it")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The server; it ends when this is dropped.
pub struct Server {
    child: Child,
    pub dir: tempfile::TempDir,
}

impl Server {
    pub fn start() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let server = Self { child: Self::spawn(dir.path()), dir };
        server.wait();
        server
    }

    fn spawn(dir: &Path) -> Child {
        Self::command("pulseaudio", dir)
            .args(["-n", "--daemonize=no", "--system=false", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"])
            .arg(format!("--load=module-native-protocol-unix auth-anonymous=1 socket={}", dir.join("native").display()))
            .arg("--load=module-null-sink sink_name=ear rate=48000 channels=2")
            .stderr(Stdio::null())
            .spawn()
            .expect("pulseaudio is installed; run `make deps-test`")
    }

    fn wait(&self) {
        let start = Instant::now();
        while !self.pactl(&["info"]) {
            assert!(start.elapsed() < Duration::from_secs(10), "the sound server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it, as when a sound card is pulled out.
    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(self.dir.path().join("native"));
    }

    /// Starts it anew after [`Self::stop`].
    pub fn start_again(&mut self) {
        self.child = Self::spawn(self.dir.path());
        self.wait();
    }

    /// A program that speaks to this server and no other.
    pub fn command(program: &str, dir: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, value) in Self::environment(dir) {
            command.env(name, value);
        }
        command.env_remove("PULSE_COOKIE").env_remove("DBUS_SESSION_BUS_ADDRESS");
        command
    }

    /// Variables that lead a program to this server.
    pub fn environment(dir: &Path) -> [(&'static str, String); 3] {
        let path = |p: &Path| p.to_str().expect("UTF-8").to_owned();
        [("XDG_RUNTIME_DIR", path(dir)), ("HOME", path(dir)), ("PULSE_SERVER", format!("unix:{}", path(&dir.join("native"))))]
    }

    /// Numbers of the streams that play, oldest first.
    pub fn inputs(&self) -> Vec<String> {
        let output = Self::command("pactl", self.dir.path()).args(["list", "short", "sink-inputs"]).output();
        let text = output.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
        let mut inputs: Vec<u32> = text.lines().filter_map(|line| line.split('\t').next()?.parse().ok()).collect();
        inputs.sort_unstable();
        inputs.into_iter().map(|n| n.to_string()).collect()
    }

    pub fn pactl(&self, arguments: &[&str]) -> bool {
        let run = Self::command("pactl", self.dir.path()).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
        run.expect("pactl is installed; run `make deps-test`").success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
