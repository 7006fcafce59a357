//! Live media in the worker: a source of pictures, one of sound, their encoders and the pipe to whoever started it.
//!
//! The way: [`orders`] (commands and the server's time, [`clock`]) → a source of pictures ([`pattern`], [`camera`] out of
//! [`capture`], with its [`document`] mode, [`screen`], a higher rung by [`relay`], with a camera as an [`inset`]; at a [`pace`], with a
//! [`slate`] for what is missing) or of sound ([`tone`], [`microphone`] with [`gate`] and [`leveller`], [`podcast`] with [`loudness`] and
//! [`limiter`]), or a [`file`] with both → [`pictures`] and [`sounds`] (H.264 and Opus) → [`outlet`]. [`list`] says what there is. Each
//! source has a thread; none waits for the other, and nothing queues between capture and pipe: what cannot be sent in time is not
//! made. The protocol of the pipe stands in
//! [`lectern_proto::live::pipe`]; who starts the worker speaks to the server, the worker itself opens no socket.

pub mod arguments;
mod camera;
pub mod capture;
mod clock;
mod document;
mod file;
mod gate;
pub mod inset;
mod leveller;
mod limiter;
pub mod list;
mod loudness;
mod microphone;
mod orders;
mod outlet;
mod pace;
mod pattern;
mod pictures;
mod podcast;
mod relay;
mod screen;
mod slate;
mod sounds;
mod tone;

use crate::codec_config;
use crate::make::failure::{Failure, FailureKind};
use crate::make::opus_encoder::Heard;
use crate::make::{events, limits};
use arguments::LiveArguments;
use camera::Camera;
use capture::Device;
use document::Document;
use file::File;
use inset::Inset;
use lectern_proto::live::pipe::{DocumentOrder, News};
use microphone::Microphone;
use orders::Orders;
use outlet::Outlet;
use pattern::Pattern;
use pictures::{Coding, Pictures};
use podcast::Podcast;
use relay::Relay;
use screen::Screen;
use sounds::Sounds;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use tone::Tone;

/// What is sent.
struct Sources {
    pictures: Option<Box<dyn Pictures>>,
    sound: Option<(Box<dyn Sounds>, Heard)>,
}

/// Sends what the arguments name until its end, the end of standard input, or a failure, which is told as the last news.
#[must_use]
pub fn run(arguments: &LiveArguments) -> ExitCode {
    codec_config::quiet();
    // OpenCV's own words about cameras that are not there; ours are told.
    let _ = opencv::core::set_log_level(opencv::core::LogLevel::LOG_LEVEL_SILENT);
    // A picture is small work: on a busy machine waiting for helpers costs more than they bring.
    let _ = opencv::core::set_num_threads(1);
    if arguments.list {
        return tell_list();
    }
    let orders = Orders::new(arguments.bitrate);
    let outlet = Outlet::new(std::io::stdout(), &orders, arguments.has_pictures(), arguments.has_sound());
    let outcome = guarded(|| {
        arguments.check()?;
        limits::limit(arguments.max_memory)?;
        let relay = match &arguments.relay {
            Some(avcc) => Some(Relay::open(relay::listen(&orders)?, &avcc.0, arguments.size())?),
            None => orders.listen().map(|()| None)?,
        };
        outlet.tell(&News::Ready);
        send(arguments, relay, &orders, &outlet)
    });
    match outcome {
        // The parent has ended it, or is gone.
        _ if orders.has_ended() && !outlet.is_open() => ExitCode::from(events::EXIT_ORPHANED as u8),
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            outlet.tell(&News::Failed { why: failure.reason.clone(), trouble: Some(failure.trouble()) });
            eprintln!("lectern-media: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn tell_list() -> ExitCode {
    match serde_json::to_string_pretty(&list::now()) {
        Ok(text) if writeln!(std::io::stdout(), "{text}").is_ok() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Captures and sends until the sources or the orders end.
fn send(arguments: &LiveArguments, relay: Option<Relay>, orders: &Orders, outlet: &Outlet) -> Result<(), Failure> {
    // Nothing is captured before it is known when.
    if !orders.wait_for_clock() {
        return Ok(());
    }
    let Sources { pictures, sound } = open(arguments, relay, orders, outlet)?;
    let coding = Coding { rate_milli: arguments.rate_milli(), preset: arguments.preset };
    let outcome = std::thread::scope(|scope| {
        let sound = sound.map(|(mut source, heard)| {
            let work = move || ending(orders, || sounds::run(&mut *source, heard, orders, outlet));
            std::thread::Builder::new().name("sound".to_owned()).spawn_scoped(scope, work)
        });
        let pictures = pictures.map_or(Ok(()), |mut source| ending(orders, || pictures::run(&mut *source, coding, orders, outlet)));
        let sound = match sound {
            None => Ok(()),
            Some(Err(e)) => ending(orders, || Err(Failure::internal("start a thread", e))),
            Some(Ok(thread)) => thread.join().unwrap_or_else(|_| Err(fault())),
        };
        pictures.and(sound)
    });
    if outcome.is_ok() && !orders.has_ended() {
        outlet.tell(&News::Ended);
    }
    outcome
}

/// A failure of one source ends the other.
fn ending(orders: &Orders, work: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    guarded(work).inspect_err(|_| orders.end())
}

fn guarded(work: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(fault()))
}

fn fault() -> Failure {
    Failure::new(FailureKind::Internal, "The media worker met a fault of its own and stopped. Report this; starting the stream again may help.")
}

/// With a camera in their corner, where one is asked for.
fn with_inset(main: Box<dyn Pictures>, arguments: &LiveArguments, orders: &Orders, outlet: &Outlet) -> Result<Box<dyn Pictures>, Failure> {
    let Some(camera) = &arguments.inset_camera else { return Ok(main) };
    let place = (arguments.inset_corner, arguments.inset_size);
    let inset = Inset::over(main, Device::parse(camera, true), place, arguments.wish(), orders, outlet)?;
    Ok(Box::new(inset))
}

fn open(arguments: &LiveArguments, relay: Option<Relay>, orders: &Orders, outlet: &Outlet) -> Result<Sources, Failure> {
    let (size, rate_milli) = (arguments.size(), arguments.rate_milli());
    if let Some(path) = &arguments.file {
        let File { pictures, sound } = File::open(path, size, rate_milli)?;
        outlet.will_give(pictures.is_some(), sound.is_some());
        let pictures = pictures.map(|p| with_inset(Box::new(p), arguments, orders, outlet)).transpose()?;
        return Ok(Sources { pictures, sound: sound.map(|s| (Box::new(s) as _, Heard::Anything)) });
    }
    let pictures: Option<Box<dyn Pictures>> = if let Some(relay) = relay {
        Some(Box::new(relay))
    } else if arguments.pattern {
        Some(Box::new(Pattern::new(size, rate_milli)))
    } else if let Some(device) = &arguments.camera {
        let mode = if arguments.document { DocumentOrder::Find } else { DocumentOrder::Off };
        let document = Document::new(mode, outlet);
        Some(Box::new(Camera::open(Device::parse(device, arguments.again), arguments.wish(), size, document, orders, outlet)?))
    } else if arguments.screen {
        Some(Box::new(Screen::open(arguments.wanted(), size, rate_milli, outlet)?))
    } else {
        None
    };
    let pictures = pictures.map(|p| with_inset(p, arguments, orders, outlet)).transpose()?;
    let sound: Option<(Box<dyn Sounds>, Heard)> = if arguments.sound {
        Some((Box::new(Tone::default()), Heard::Anything))
    } else if let Some(file) = &arguments.audio {
        Some((Box::new(Podcast::open(file, arguments.start)?), Heard::Anything))
    } else if let Some(device) = &arguments.microphone {
        Some((Box::new(Microphone::new(device.clone(), arguments.push_to_talk, outlet)), Heard::Voice))
    } else {
        None
    };
    Ok(Sources { pictures, sound })
}
