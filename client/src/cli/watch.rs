//! `lectern watch`: viewers without a window. Each has its own seat, control connection, media connection and player.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use lectern_proto::control::{AheadProgress, VideoId, VideoState};
use lectern_proto::quality::Quality;

use super::screen::{Screen, Watched};
use super::sound_out::SoundArgs;
use super::spread::spread;
use super::{Failure, join, live, print};
use crate::class::{Class, ClassState, JoinRequest};
use crate::fetch::store;
use crate::live::Transport;
use crate::player::{Pacer, PlayError, PlayState, Player, PlayerOptions, Presented, Report, SoundChoice};

/// Viewers in one process: more would measure this process, not the server.
const VIEWERS_MAX: u32 = 1_000;
/// Viewers that log in at the same time; the others follow as these come in.
const JOINING: usize = 16;

#[derive(Debug, Clone, Args)]
pub(super) struct WatchArgs {
    /// The video's id, as `lectern videos` names it; without it, the video that the link names
    #[arg(long, value_name = "ID")]
    video: Option<String>,
    /// A live stream, by its name, such as camera, screen or pattern
    #[arg(long, value_name = "STREAM", conflicts_with_all = ["video", "ahead", "start", "sound_track"])]
    live: Option<String>,
    /// `auto` (what line, machine and the room's budget allow), a rung (such as 720p, or `original` where there is one), or `thirds`
    #[arg(long, value_name = "auto|RUNG|thirds", default_value = "auto")]
    pub(super) quality: String,
    /// The sound track: its number from 1, or a language such as eng; without it, the first
    #[arg(long, value_name = "N|LANG", conflicts_with = "no_decode")]
    sound_track: Option<SoundChoice>,
    /// How a live stream comes: `auto` takes UDP where it comes through, else TCP
    #[arg(long, value_name = "auto|tcp|udp", default_value = "auto", value_parser = transport)]
    pub(super) transport: Transport,
    /// Start at this second
    #[arg(long, value_name = "S", default_value = "0", value_parser = seconds)]
    start: Duration,
    /// Watch for this many seconds, at most to the end of the video
    #[arg(long = "for", value_name = "S", value_parser = seconds)]
    pub(super) length: Option<Duration>,
    /// Independent viewers in this process; each number of the report becomes {"min", "median", "max"}
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(VIEWERS_MAX)))]
    viewers: u32,
    /// Fetch and open everything in time, decode nothing; what needs decoding is null in the report
    #[arg(long)]
    pub(super) no_decode: bool,
    /// Wait until what the instructor lets the class fetch ahead is on this machine, then play it from there
    #[arg(long, conflicts_with_all = ["video", "no_decode"])]
    ahead: bool,
    /// Write what is watched into this file too, as Matroska, as it comes: a stored video from the keyframe at the start on, of a live
    /// stream the pictures of one resolution, and sound
    #[arg(long, value_name = "FILE.mkv", conflicts_with = "viewers")]
    pub(super) record: Option<PathBuf>,
    /// Play the sound on this machine's device; without it, sound is decoded and timed silently
    #[arg(long, conflicts_with = "no_decode")]
    pub(super) sound: bool,
    #[command(flatten)]
    pub(super) out: SoundArgs,
}

pub(super) fn transport(text: &str) -> Result<Transport, String> {
    match text {
        "auto" => Ok(Transport::Auto),
        "tcp" => Ok(Transport::Tcp),
        "udp" => Ok(Transport::Udp),
        _ => Err("auto, tcp or udp".to_owned()),
    }
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds, such as 1.5".to_owned())?;
    Duration::try_from_secs_f64(seconds).ok().filter(|d| d.as_secs() < 1_000_000).ok_or_else(|| "seconds from 0 to 1000000".to_owned())
}

pub(super) async fn run(request: JoinRequest, args: WatchArgs) -> Result<(), Failure> {
    let video = args.video.clone().or_else(|| request.link.video.clone()).map(VideoId);
    if video.is_none() && !args.ahead && args.live.is_none() {
        return Err(Failure::Usage("no video is named: add --video ID; `lectern videos` lists them".to_owned()));
    }
    if args.no_decode && args.record.is_some() && args.live.is_none() {
        let words = "a stored video is written as it is decoded: leave out --no-decode, or --record";
        return Err(Failure::Usage(words.to_owned()));
    }
    let store = if args.ahead {
        Some(store::open_own().ok_or_else(|| Failure::Other("there is no folder to fetch ahead to; set XDG_CACHE_HOME".to_owned()))?)
    } else {
        None
    };
    let request = JoinRequest { store, ..request };
    let gate = Arc::new(tokio::sync::Semaphore::new(JOINING));
    let viewers: Vec<_> = (0..args.viewers)
        .map(|_| {
            let (request, args, video, gate) = (request.clone(), args.clone(), video.clone(), gate.clone());
            tokio::spawn(async move {
                let Ok(turn) = gate.acquire().await else { return Err(Failure::Other("stopped".to_owned())) };
                let (class, state) = join(request).await?;
                drop(turn);
                if let Some(stream) = &args.live {
                    return live::viewer(&class, stream, &args).await;
                }
                let video = match video.filter(|_| !args.ahead) {
                    Some(video) => video,
                    None => fetched(&class).await?,
                };
                viewer(&class, &state, &video, &args).await
            })
        })
        .collect();
    let mut reports = Vec::new();
    for viewer in viewers {
        let report = viewer.await.map_err(|e| Failure::Other(e.to_string()))??;
        reports.push(serde_json::to_value(&report).map_err(|e| Failure::Other(e.to_string()))?);
    }
    match &reports[..] {
        [one] => print(one),
        many => print(&spread(many)),
    }
}

/// Waits until the lesson that is fetched ahead is here, and names its video.
async fn fetched(class: &Class) -> Result<VideoId, Failure> {
    let all = Some(AheadProgress::Fetched { permille: 1_000 });
    let state = class.wait_for(|s| s.ahead.own == all || s.ahead.own == Some(AheadProgress::Unable)).await?;
    match (&state.ahead.own, &state.ahead.lesson) {
        (own, Some(lesson)) if *own == all => Ok(lesson.video.clone()),
        _ => Err(Failure::Other("the lesson cannot be kept on this machine: there is too little space".to_owned())),
    }
}

async fn viewer(class: &Class, state: &ClassState, video: &VideoId, args: &WatchArgs) -> Result<Report, Failure> {
    let quality = quality(state, &args.quality);
    let start_us = u64::try_from(args.start.as_micros()).unwrap_or(u64::MAX);
    let report = if args.no_decode {
        let entry = state.videos.iter().find(|v| v.id == *video).ok_or_else(|| PlayError::NoSuchVideo(video.0.clone()))?;
        let VideoState::Ready { manifest } = entry.state else { return Err(PlayError::NotReady(entry.title.clone()).into()) };
        let pacer = Pacer::open(class.fetcher(), manifest, &state.ladder, &quality, start_us).await.map_err(|e| Failure::Other(e.to_string()))?;
        tokio::select! {
            report = pacer.run(args.length) => report,
            () = interrupted() => return Err(Failure::Other("interrupted".to_owned())),
        }
    } else {
        let screen = Arc::new(Screen::default());
        let waker = screen.clone();
        let options = PlayerOptions {
            quality,
            start_us,
            sound: args.sound,
            out: args.out.chosen()?,
            paused: false,
            record: args.record.clone(),
            decoder_threads: if args.viewers > 1 { 1 } else { 0 },
            changed: Arc::new(move || waker.wake()),
        };
        let opened = Instant::now();
        let player = class.open(video, options)?;
        let until = args.length.map(|l| opened + l);
        if let Some(choice) = args.sound_track.clone() {
            player.set_sound_track(choice);
        }
        let (watched, stop) = (player.clone(), screen.clone());
        let watching = tokio::task::spawn_blocking(move || screen.watch(&watched, until));
        tokio::select! {
            done = watching => done.map_err(|e| Failure::Other(e.to_string()))?,
            () = interrupted() => stop.stop(),
        }
        if let PlayState::Failed(why) = player.state() {
            return Err(Failure::Other(why.to_string()));
        }
        if args.sound
            && let Some(why) = player.status().sound.trouble()
        {
            eprintln!("lectern: {why}");
        }
        let written = player.recorded().await;
        written.map_err(|why| Failure::Other(why.to_string()))?;
        player.report()
    };
    let way = class.state().media_way.sentence();
    class.left().await;
    if let Some(why) = &way {
        eprintln!("lectern: {why}");
    }
    Ok(Report { reason: report.reason.or(way), ..report })
}

pub(super) async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn quality(state: &ClassState, wish: &str) -> Quality {
    match wish {
        "auto" => Quality::Auto,
        "thirds" => Quality::Thirds(state.thirds.clone()),
        rung => Quality::Rung(rung.to_owned()),
    }
}

impl Watched for Player {
    fn present(&self, now: Instant) -> Presented {
        Self::present(self, now)
    }

    fn is_over(&self) -> bool {
        matches!(self.state(), PlayState::Ended | PlayState::Failed(_))
    }
}
