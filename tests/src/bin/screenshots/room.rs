//! The class that is shown: videos in every state and a few people.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lectern::class::{Class, JoinRequest};
use lectern::fetch::ChunkStore;
use lectern_tests::clip;
use lectern_tests::stack::{PASSWORD, Stack, bin, text, wait_until};

/// Members beside the person at the window.
const PEOPLE: [&str; 6] = ["Ana", "Ben", "Chen", "Dana", "Emil", "Gustav Maximilian von Hohenlohe"];
/// The one whose connection is lost.
const LOST: &str = "Farah";
/// Clips that ffmpeg draws: file name, picture, seconds.
const CLIPS: [(&str, &str, u32); 4] = [
    ("Fractals and recursion", "mandelbrot=size=640x360:rate=15", 14),
    ("Cellular automata", "cellauto=size=640x360:rate=15:rule=110:random_seed=7:scroll=0", 18),
    ("Colour bars and what they test", "smptehdbars=size=640x360:rate=15", 25),
    ("Test picture with a clock", "testsrc=size=480x360:rate=15", 31),
];

/// A server, its videos and its members.
pub(crate) struct Room {
    pub(crate) stack: Stack,
    /// Ends the members when dropped.
    _members: Vec<Class>,
    runtime: tokio::runtime::Runtime,
}

impl Room {
    /// Waits until everything that can be prepared is.
    pub(crate) fn open() -> Result<Self> {
        let (stack, _) = Stack::with_lesson(40, "1280x720")?;
        let drawn = stack.path("drawn");
        std::fs::create_dir_all(&drawn)?;
        for (title, picture, seconds) in CLIPS {
            let tone = format!("sine=frequency=330:duration={seconds}");
            let seconds = seconds.to_string();
            put(&stack, &drawn, title, "mp4", &["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", &tone, "-t", &seconds, "-preset", "ultrafast"])?;
        }
        put(&stack, &drawn, "Three tones", "m4a", &["-f", "lavfi", "-i", "sine=frequency=440:duration=50"])?;
        let whole = std::fs::read(stack.videos().join("Cellular automata.mp4"))?;
        std::fs::write(stack.videos().join("lab-3 capture (copy).mp4"), &whole[..whole.len() / 3])?;
        let done = |v: &serde_json::Value| v["state"] == "ready" || v["state"] == "failed";
        stack.catalogue(Duration::from_secs(300), |videos| videos.len() >= CLIPS.len() + 3 && videos.iter().all(done))?;
        let runtime = tokio::runtime::Runtime::new()?;
        let members = PEOPLE.map(|name| join(&stack, &runtime, name)).into_iter().collect::<Result<_>>()?;
        Ok(Self { stack, _members: members, runtime })
    }

    /// Two long videos, so that one is being prepared and one waits.
    pub(crate) fn begin_long_work(&self) -> Result<()> {
        for title in ["Why BGP is about money", "Recording 20 Nov, 10-05"] {
            let drawn = self.stack.path("drawn");
            put(&self.stack, &drawn, title, "mp4", &["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=5", "-t", "900", "-preset", "ultrafast"])?;
        }
        let busy = |v: &serde_json::Value| v["state"] == "preparing" && v["progress"].as_f64() > Some(0.03);
        self.stack.catalogue(Duration::from_secs(120), |videos| videos.iter().any(busy))?;
        Ok(())
    }

    /// Takes them away again.
    pub(crate) fn end_long_work(&self) -> Result<()> {
        for title in ["Why BGP is about money", "Recording 20 Nov, 10-05"] {
            std::fs::remove_file(self.stack.videos().join(format!("{title}.mp4")))?;
        }
        let gone = |videos: &[serde_json::Value]| videos.iter().all(|v| v["state"] == "ready" || v["state"] == "failed");
        self.stack.catalogue(Duration::from_secs(60), gone)?;
        Ok(())
    }

    /// A member whose program has just been killed, so that the room waits for it.
    pub(crate) fn lose_someone(&self) -> Result<()> {
        let videos = self.stack.client_json(&["videos"])?;
        let video = videos["videos"].as_array().into_iter().flatten().find(|v| v["state"] == "ready").and_then(|v| v["id"].as_str());
        let mut command = Command::new(bin("lectern"));
        command.args(["watch", "--no-decode", "--video", video.context("a video")?, "--name", LOST, "--password", PASSWORD, "--join"]);
        let mut child = command.arg(self.stack.join()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        std::thread::sleep(Duration::from_millis(1_500));
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Nobody fetches anything ahead any more.
    pub(crate) fn end_ahead(&self) -> Result<()> {
        let ended = self.stack.client_at(&self.stack.instructor().parse()?, &["ahead", "--end"]).output()?;
        ensure!(ended.status.success(), "{}", text(&ended));
        Ok(())
    }

    /// Where a card of this title stands among the videos, from 0.
    pub(crate) fn place_of(&self, title: &str) -> Result<usize> {
        let class = join(&self.stack, &self.runtime, "Looker")?;
        let state = self.runtime.block_on(class.joined())?;
        let place = state.videos.iter().position(|v| v.title == title).with_context(|| format!("no video is called {title}"))?;
        self.runtime.block_on(class.left());
        Ok(place)
    }
}

/// Draws a clip beside the videos and moves it there whole.
fn put(stack: &Stack, drawn: &Path, title: &str, end: &str, input: &[&str]) -> Result<()> {
    let name = format!("{title}.{end}");
    let coding = ["-pix_fmt", "yuv420p", "-c:a", "aac"];
    clip::ffmpeg(&[input, &coding[..]].concat(), &drawn.join(&name))?;
    std::fs::rename(drawn.join(&name), stack.videos().join(&name))?;
    Ok(())
}

fn join(stack: &Stack, runtime: &tokio::runtime::Runtime, name: &str) -> Result<Class> {
    let store = ChunkStore::open(&stack.path("ahead").join(name), 1 << 30)?;
    let request = JoinRequest { link: stack.link()?, name: name.to_owned(), password: Some(PASSWORD.to_owned()), account: None, store: Some(Arc::new(store)) };
    let class = Class::join(runtime.handle(), request, Arc::new(|| ()));
    ensure!(wait_until(Duration::from_secs(20), || class.state().me.is_some()), "{name} cannot join");
    Ok(class)
}
