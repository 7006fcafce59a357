//! nginx with its RTMP module, fed by one ffmpeg, and as much of a reader as it takes to be sent a stream: Adobe's Real Time Messaging
//! Protocol 1.0 (simple handshake 5.2, chunks 5.3, commands 7.2) with commands in AMF 0.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lectern_tests::clip;
use lectern_tests::stack::wait_until;

use crate::source::{BPS, Beside, RATE};

/// Where Debian's packages put them.
const PROGRAM: &str = "/usr/sbin/nginx";
const MODULE: &str = "/usr/lib/nginx/modules/ngx_rtmp_module.so";
const STREAM: &str = "bench";
/// Bytes of each part of the handshake.
const HANDSHAKE: usize = 1_536;
/// What a message may have before it is cut into chunks.
const CHUNK: usize = 128;
/// The type of a command in AMF 0.
const COMMAND: u8 = 20;

/// Both programs end with it.
#[derive(Debug)]
pub struct Nginx {
    dir: tempfile::TempDir,
    port: u16,
    server: Beside,
    _source: Beside,
}

impl Nginx {
    /// A server with a stream of the rate that ours has.
    pub fn start() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        // Free at this moment; what takes it in between ends the run with nginx's message.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let conf = dir.path().join("nginx.conf");
        std::fs::write(&conf, configuration(dir.path(), port))?;
        let mut command = Command::new(PROGRAM);
        command.arg("-p").arg(dir.path()).arg("-c").arg(&conf).arg("-e").arg(dir.path().join("error.log"));
        let server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("nginx is not installed; run `scripts/deps bench`")?;
        let server = Beside(server);
        let said = || std::fs::read_to_string(dir.path().join("error.log")).unwrap_or_default();
        ensure!(wait_until(Duration::from_secs(10), || TcpStream::connect(("127.0.0.1", port)).is_ok()), "nginx does not start: {}", said());
        let file = pictures(dir.path())?;
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i"]).arg(file);
        command.args(["-c", "copy", "-f", "flv", &format!("rtmp://127.0.0.1:{port}/live/{STREAM}")]);
        let source = Beside(command.stdout(Stdio::null()).spawn()?);
        Ok(Self { dir, port, server, _source: source })
    }

    pub fn pid(&self) -> u32 {
        self.server.0.id()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("error.log")).unwrap_or_default()
    }

    /// A connection on which the stream comes.
    pub fn play(&self) -> Result<TcpStream> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let mut hello = vec![0; 1 + HANDSHAKE];
        hello[0] = 3;
        stream.write_all(&hello)?;
        // Its version and its part, then ours again.
        let mut answer = vec![0; 1 + 2 * HANDSHAKE];
        stream.read_exact(&mut answer)?;
        stream.write_all(&answer[1..=HANDSHAKE])?;
        let mut connect = [text("connect"), number(1.0), vec![3]].concat();
        for (name, value) in [("app", "live".to_owned()), ("tcUrl", format!("rtmp://127.0.0.1:{}/live", self.port))] {
            connect.extend([&text(name)[1..], &text(&value)].concat());
        }
        connect.extend([0, 0, 9]);
        stream.write_all(&message(0, &connect))?;
        stream.write_all(&message(0, &[text("createStream"), number(2.0), vec![5]].concat()))?;
        // The first stream of a connection is number 1.
        stream.write_all(&message(1, &[text("play"), number(3.0), vec![5], text(STREAM)].concat()))?;
        Ok(stream)
    }
}

fn configuration(dir: &Path, port: u16) -> String {
    let dir = dir.display();
    format!(
        "load_module {MODULE};\ndaemon off;\nmaster_process off;\nworker_processes 1;\npid {dir}/nginx.pid;\nerror_log {dir}/error.log;\n\
         events {{ worker_connections 4096; }}\n\
         rtmp {{ server {{ listen 127.0.0.1:{port}; chunk_size 4096; application live {{ live on; record off; }} }} }}\n"
    )
}

/// Ten seconds of 720p30 at a constant rate.
fn pictures(dir: &Path) -> Result<PathBuf> {
    let path = dir.join("bench.flv");
    let (bps, rate) = (BPS.to_string(), RATE.to_string());
    let source = format!("testsrc2=size=1280x720:rate={rate}:duration=10,noise=alls=6:allf=t");
    let coding = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", &rate, "-pix_fmt", "yuv420p"];
    let even = ["-b:v", &bps, "-minrate", &bps, "-maxrate", &bps, "-bufsize", &bps, "-x264-params", "nal-hrd=cbr"];
    clip::ffmpeg(&[&["-f", "lavfi", "-i", &source][..], &coding, &even].concat(), &path)?;
    Ok(path)
}

/// An AMF 0 string, short.
fn text(value: &str) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&[2][..], &length, value.as_bytes()].concat()
}

/// An AMF 0 number.
fn number(value: f64) -> Vec<u8> {
    [&[0][..], &value.to_be_bytes()].concat()
}

/// A command as one message, in chunks.
fn message(stream: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut out = [&[3, 0, 0, 0][..], &length[1..], &[COMMAND], &stream.to_le_bytes()].concat();
    for (i, chunk) in body.chunks(CHUNK).enumerate() {
        if i > 0 {
            out.push(0xC3);
        }
        out.extend_from_slice(chunk);
    }
    out
}
