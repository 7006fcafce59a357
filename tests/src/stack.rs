//! One server process with its own directories, on free ports of loopback.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use lectern_proto::link::JoinLink;
use serde_json::Value;

use crate::clip;

/// Waits for its turn: what is watched in real time does not share the machine with other tests of its program.
pub fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The room's password in every test.
pub const PASSWORD: &str = "open-sesame";

/// The directory of the built programs: `LECTERN_BIN`, or the one that this test was built into.
#[must_use]
pub fn bin(name: &str) -> PathBuf {
    let beside = || {
        let me = std::env::current_exe().unwrap_or_default();
        me.ancestors().find(|d| d.ends_with("debug") || d.ends_with("release")).map(Path::to_path_buf).unwrap_or_default()
    };
    let dir = std::env::var_os("LECTERN_BIN").map_or_else(beside, PathBuf::from);
    let path = dir.join(name);
    assert!(path.exists(), "{} is not built; run `make test`, which builds it", path.display());
    path
}

/// The repository's root.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_path_buf()
}

/// A running server. Killed, children and all, when dropped.
#[derive(Debug)]
pub struct Stack {
    dir: tempfile::TempDir,
    server: Option<Child>,
    settings: Vec<String>,
    /// The network namespace that it runs in.
    namespace: Option<String>,
    /// Variables that it gets beside those of this process.
    environment: Vec<(String, String)>,
    ready: Value,
}

impl Stack {
    /// Directories without a server.
    pub fn prepare() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        for sub in ["videos", "chunks", "data"] {
            std::fs::create_dir(dir.path().join(sub))?;
        }
        Ok(Self { dir, server: None, settings: Vec::new(), namespace: None, environment: Vec::new(), ready: Value::Null })
    }

    /// A running server with these settings beside the usual ones.
    pub fn start(settings: &[&str]) -> Result<Self> {
        let mut stack = Self::prepare()?;
        stack.settings = settings.iter().map(|s| (*s).to_owned()).collect();
        stack.run()?;
        Ok(stack)
    }

    /// A running server in a network namespace, on all of its addresses and the usual ports.
    pub fn start_in(namespace: &str, settings: &[&str]) -> Result<Self> {
        let mut stack = Self::prepare()?;
        stack.namespace = Some(namespace.to_owned());
        let usual = ["server.bind=any", "server.control_port=5511", "server.video_port=9000", "server.audio_port=5858"];
        stack.settings = usual.iter().chain(settings).map(|s| (*s).to_owned()).collect();
        stack.run()?;
        Ok(stack)
    }

    /// Starts it again with one more setting.
    pub fn run_with(&mut self, setting: &str) -> Result<()> {
        self.terminate()?;
        self.settings.push(setting.to_owned());
        self.run()
    }

    /// Starts it again with these variables.
    pub fn run_under(&mut self, environment: Vec<(String, String)>) -> Result<()> {
        self.terminate()?;
        self.environment = environment;
        self.run()
    }

    /// A running server that has the sample lesson ready, and the lesson's id. A lesson of one length and size is drawn
    /// and prepared once by this build of the worker, by a real server, and copied from then on.
    pub fn with_lesson(seconds: u32, size: &str) -> Result<(Self, String)> {
        Self::with_lesson_and(seconds, size, &[])
    }

    /// As [`Self::with_lesson`], with these settings beside the usual ones.
    pub fn with_lesson_and(seconds: u32, size: &str, settings: &[&str]) -> Result<(Self, String)> {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let cache = lesson_cache().join(format!("lesson-{seconds}-{size}-{}", worker_build()?));
        let guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Other test programs run beside this one.
        std::fs::create_dir_all(lesson_cache())?;
        let programs = std::fs::File::create(cache.with_extension("lock"))?;
        programs.lock()?;
        if !cache.exists() {
            let first = Self::start(&[])?;
            clip::sample(&first.path("lesson.mp4"), seconds, size)?;
            std::fs::rename(first.path("lesson.mp4"), first.videos().join(LESSON))?;
            first.ready_video()?;
            let fresh = cache.with_extension("new");
            let _ = std::fs::remove_dir_all(&fresh);
            for sub in ["videos", "chunks"] {
                copy_tree(&first.path(sub), &fresh.join(sub))?;
            }
            std::fs::rename(&fresh, &cache)?;
        }
        drop((programs, guard));
        let mut stack = Self::prepare()?;
        stack.settings = settings.iter().map(|s| (*s).to_owned()).collect();
        for sub in ["videos", "chunks"] {
            copy_tree(&cache.join(sub), &stack.path(sub))?;
        }
        stack.run()?;
        let video = stack.ready_video()?;
        Ok((stack, video))
    }

    /// The arguments that the server is started with.
    fn command(&self) -> Command {
        let mut command = program(self.namespace.as_deref(), "lectern-server");
        command.envs(self.environment.iter().cloned());
        command.arg("run").arg("--config").arg(root().join("config.ini"));
        command.arg("--data-dir").arg(self.path("data")).arg("--announce").arg(self.path("ready.json"));
        let mut set = |text: String| {
            command.arg("--set").arg(text);
        };
        set("server.bind=127.0.0.1".to_owned());
        for port in ["control_port", "video_port", "audio_port"] {
            if !self.settings.iter().any(|s| s.contains(port)) {
                set(format!("server.{port}=0"));
            }
        }
        for sub in ["videos", "chunks", "data"] {
            set(format!("paths.{sub}={}", self.path(sub).display()));
        }
        set(format!("rooms.password={PASSWORD}"));
        self.settings.iter().for_each(|s| set(s.clone()));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    /// Starts the server, or starts it again.
    pub fn run(&mut self) -> Result<()> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.path("server.log"))?;
        let _ = std::fs::remove_file(self.path("ready.json"));
        let mut child = self.command().stderr(log).spawn().context("the server does not start")?;
        let ready = self.path("ready.json");
        let started = wait_until(Duration::from_secs(15), || ready.exists() || !matches!(child.try_wait(), Ok(None)));
        if !started || !ready.exists() {
            let _ = child.kill();
            bail!("the server is not ready: {}", self.log());
        }
        self.ready = serde_json::from_slice(&std::fs::read(&ready)?)?;
        self.server = Some(child);
        Ok(())
    }

    /// Starts the server again on the ports that it had.
    pub fn run_on_same_ports(&mut self) -> Result<()> {
        self.settings.retain(|s| !s.contains("_port="));
        for port in ["control", "video", "audio"] {
            let setting = format!("server.{port}_port={}", self.port(port));
            self.settings.push(setting);
        }
        self.run()
    }

    /// SIGKILL, to the server alone.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// SIGTERM; gives the exit code and how long it took.
    pub fn terminate(&mut self) -> Result<(Option<i32>, Duration)> {
        let Some(mut server) = self.server.take() else { bail!("no server runs") };
        let begun = Instant::now();
        signal(server.id(), libc::SIGTERM);
        ensure!(wait_until(Duration::from_secs(10), || !matches!(server.try_wait(), Ok(None))), "the server does not end");
        Ok((server.wait()?.code(), begun.elapsed()))
    }

    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server.as_ref().map_or(0, Child::id)
    }

    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    #[must_use]
    pub fn videos(&self) -> PathBuf {
        self.path("videos")
    }

    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("server.log")).unwrap_or_default()
    }

    #[must_use]
    pub fn port(&self, name: &str) -> u16 {
        self.ready["ports"][name].as_u64().and_then(|p| u16::try_from(p).ok()).unwrap_or(0)
    }

    #[must_use]
    pub fn join(&self) -> String {
        self.ready["join"].as_str().unwrap_or_default().to_owned()
    }

    #[must_use]
    pub fn instructor(&self) -> String {
        self.ready["instructor"].as_str().unwrap_or_default().to_owned()
    }

    /// The students' link, read.
    pub fn link(&self) -> Result<JoinLink> {
        Ok(self.join().parse()?)
    }

    /// The client's command line, as a student.
    #[must_use]
    pub fn client(&self, args: &[&str]) -> Command {
        client(&self.join(), args)
    }

    /// The same, by another link to this server.
    #[must_use]
    pub fn client_at(&self, link: &JoinLink, args: &[&str]) -> Command {
        client(&link.to_string(), args)
    }

    /// Runs the client and reads what it printed.
    pub fn client_json(&self, args: &[&str]) -> Result<Value> {
        let output = self.client(args).output()?;
        ensure!(output.status.success(), "lectern {args:?}: {}", text(&output));
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// The catalogue once `wanted` is true of it.
    pub fn catalogue(&self, wait: Duration, mut wanted: impl FnMut(&[Value]) -> bool) -> Result<Vec<Value>> {
        let begun = Instant::now();
        loop {
            let json = self.client_json(&["videos"])?;
            let videos = json["videos"].as_array().cloned().unwrap_or_default();
            if wanted(&videos) {
                return Ok(videos);
            }
            ensure!(begun.elapsed() < wait, "the catalogue stays at {videos:?}; the server says: {}", self.log());
            // Each look is a whole login; the pause keeps the worker's processor free.
            std::thread::sleep(Duration::from_millis(150));
        }
    }

    /// Waits until the one video there is ready, and gives its id.
    pub fn ready_video(&self) -> Result<String> {
        let all = self.catalogue(Duration::from_secs(120), |v| v.iter().any(|v| v["state"] == "ready" || v["state"] == "failed"))?;
        let video = all.iter().find(|v| v["state"] == "ready");
        Ok(video.with_context(|| format!("no video is ready: {all:?}"))?["id"].as_str().unwrap_or_default().to_owned())
    }
}

fn client(link: &str, args: &[&str]) -> Command {
    client_of(link, "ana", args)
}

/// `lectern` with these arguments, joining by a link under a name.
#[must_use]
pub fn client_of(link: &str, name: &str, args: &[&str]) -> Command {
    let mut command = Command::new(bin("lectern"));
    command.args(args).args(["--name", name, "--password", PASSWORD, "--join", link]).stdin(Stdio::null());
    command
}

/// One of our programs, in a network namespace if there is one.
#[must_use]
pub fn program(namespace: Option<&str>, name: &str) -> Command {
    match namespace {
        Some(namespace) => {
            let mut command = Command::new("ip");
            command.args(["netns", "exec", namespace]).arg(bin(name));
            command
        }
        None => Command::new(bin(name)),
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            signal(server.id(), libc::SIGTERM);
            if !wait_until(Duration::from_secs(3), || !matches!(server.try_wait(), Ok(None))) {
                let _ = server.kill();
            }
            let _ = server.wait();
        }
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        }
    }
}

/// The file name of the sample lesson in tests.
const LESSON: &str = "Sample \"lesson\" ü -1.mp4";

/// Beside the built programs, so that it goes with them.
fn lesson_cache() -> PathBuf {
    bin("lectern-media").parent().unwrap_or(Path::new(".")).join("lesson-cache")
}

/// Changes with every build of the worker.
fn worker_build() -> Result<u128> {
    Ok(std::fs::metadata(bin("lectern-media"))?.modified()?.duration_since(std::time::UNIX_EPOCH)?.as_millis())
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Sends a signal to one process that this test started.
pub fn signal(pid: u32, signal: i32) {
    if let Ok(pid) = libc::pid_t::try_from(pid)
        && pid > 0
    {
        // SAFETY: kill has no memory effects; the id is that of a child that was not yet waited for.
        unsafe { libc::kill(pid, signal) };
    }
}

/// Looks until it is true or the time is over.
pub fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while !done() {
        if begun.elapsed() > limit {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}

/// What a program said, for a failure's message.
#[must_use]
pub fn text(output: &Output) -> String {
    format!("{}: {}{}", output.status, String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
