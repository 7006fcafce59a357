//! The task behind a [`Class`](super::Class): one control connection after another, one seat.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lectern_proto::chat::messenger::Token;
use lectern_proto::control::client::Output;
use lectern_proto::control::{
    AccountAnswer, AccountRefusal, CloseReason, ControlError, Event, Joined, LabAnswer, LoginRefusal, LoginReply, LoginRequest, Proof, Request, Role,
    RoomAnswer, SeatToken, StreamId,
};
use lectern_proto::seal::RoomKey;
use tokio::sync::{mpsc, oneshot, watch};

use super::account::Entering;
use super::chat::Letter;
use super::talk::Paged;
use super::{Ahead, AheadTally, Changed, ClassState, Command, Floor, JoinError, JoinRequest, Me, OtherVersion, Phase, StreamError, Tools};
use crate::account::AccountError;
use crate::connect::control::{Control, Lost};
use crate::connect::dial::dial;
use crate::connect::trouble::{LostWhy, Trouble};
use crate::fetch::{Fallback, MediaRoute, MediaWay};
use crate::folders;
use crate::update::{self, UpdateError};

/// First and longest pause between two tries to come back.
const RETRY_FIRST: Duration = Duration::from_millis(200);
const RETRY_LONGEST: Duration = Duration::from_secs(2);

/// How one connection ended.
enum Ended {
    /// For good.
    Over(JoinError),
    /// To be tried again.
    Lost(LostWhy),
    /// No connection came to be; to be tried again, too.
    Unreachable(Trouble),
}

pub(super) struct Membership {
    pub(super) request: JoinRequest,
    pub(super) entering: Entering,
    seat: Option<SeatToken>,
    pub(super) state: ClassState,
    out: watch::Sender<Arc<ClassState>>,
    route: watch::Sender<Option<MediaRoute>>,
    pub(super) letters: mpsc::Sender<Letter>,
    /// Which way the media connections take.
    way: Arc<watch::Sender<MediaWay>>,
    /// Who waits for the answer to a request, and the number of the last.
    pub(super) asked: HashMap<u32, Asked>,
    requests: u32,
    changed: Changed,
}

/// Somebody who waits for an answer.
pub(super) enum Asked {
    Publish(oneshot::Sender<Result<StreamId, StreamError>>),
    Tool(oneshot::Sender<Result<RoomAnswer, StreamError>>),
    Talk(super::talk::Done),
    Page(Paged),
    /// The answer goes among the letters.
    Chat(Token),
    Account(oneshot::Sender<Result<AccountAnswer, AccountError>>),
    Lab(oneshot::Sender<Result<LabAnswer, StreamError>>),
    /// Yes or no is all.
    Done(oneshot::Sender<Result<(), StreamError>>),
}

impl Asked {
    fn is_closed(&self) -> bool {
        match self {
            Self::Publish(reply) => reply.is_closed(),
            Self::Tool(reply) => reply.is_closed(),
            Self::Talk(reply) => reply.is_closed(),
            Self::Page(Paged::Newest) => false,
            Self::Page(Paged::Older(reply) | Paged::Found(reply)) => reply.is_closed(),
            Self::Chat(_) => false,
            Self::Account(reply) => reply.is_closed(),
            Self::Lab(reply) => reply.is_closed(),
            Self::Done(reply) => reply.is_closed(),
        }
    }
}

pub(super) async fn run(
    request: JoinRequest,
    mut inbox: mpsc::Receiver<Command>,
    (out, route, letters): (watch::Sender<Arc<ClassState>>, watch::Sender<Option<MediaRoute>>, mpsc::Sender<Letter>),
    changed: Changed,
) {
    let state = ClassState::connecting(&request.link.room);
    let way = Arc::new(watch::Sender::new(MediaWay::default()));
    let mut membership =
        Membership { request, entering: Entering::default(), seat: None, state, out, route, letters, way, asked: HashMap::new(), requests: 0, changed };
    let mut pause = RETRY_FIRST;
    loop {
        let trouble = match membership.connection(&mut inbox).await {
            Ended::Over(why) => return membership.end(why),
            Ended::Lost(why) => Trouble::Lost(why),
            Ended::Unreachable(trouble) => trouble,
        };
        // A first connection that fails is told at once; a seat that was held is fought for.
        if membership.seat.is_none() {
            let hosts = membership.request.link.hosts.join(", ");
            let port = membership.request.link.port;
            return membership.end(JoinError::Unreachable { hosts, port, trouble });
        }
        let why = trouble;
        match &membership.state.phase {
            Phase::Reconnecting { since, .. } => membership.state.phase = Phase::Reconnecting { since: *since, why },
            _ => {
                pause = RETRY_FIRST;
                membership.state.phase = Phase::Reconnecting { since: Instant::now(), why };
            }
        }
        membership.publish();
        tokio::select! {
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(RETRY_LONGEST),
            left = until_left(&mut inbox) => return membership.end(left),
        }
    }
}

/// Waits for the command to leave; others have no meaning without a connection.
async fn until_left(inbox: &mut mpsc::Receiver<Command>) -> JoinError {
    loop {
        match inbox.recv().await {
            Some(Command::Leave) | None => return JoinError::Left,
            Some(_) => {}
        }
    }
}

impl Membership {
    pub(super) fn publish(&self) {
        self.out.send_replace(Arc::new(self.state.clone()));
        (self.changed)();
    }

    fn end(mut self, why: JoinError) {
        self.state.phase = Phase::Ended(why);
        self.route.send_replace(None);
        self.publish();
    }

    fn proof(&self) -> Result<Proof, JoinError> {
        if let (None, Some(entry)) = (&self.seat, &self.request.account) {
            return Ok(self.entering.proof(entry));
        }
        match (&self.seat, &self.request.link.key, &self.request.password) {
            (Some(seat), ..) => Ok(Proof::Seat(seat.clone())),
            (None, Some(key), _) => Ok(Proof::from_key(key)),
            (None, None, Some(password)) => Ok(Proof::Password(password.clone())),
            (None, None, None) => self.request.link.code.clone().map(Proof::Code).ok_or(JoinError::PasswordNeeded),
        }
    }

    async fn connection(&mut self, inbox: &mut mpsc::Receiver<Command>) -> Ended {
        let proof = match self.proof() {
            Ok(proof) => proof,
            Err(why) => return Ended::Over(why),
        };
        let dialled = tokio::select! {
            dialled = dial(&self.request.link) => dialled,
            left = until_left(inbox) => return Ended::Over(left),
        };
        let mut control = match dialled {
            Ok(dialled) => Control::new(dialled),
            Err(JoinError::Unreachable { trouble, .. }) => return Ended::Unreachable(trouble),
            Err(why) => return Ended::Over(why),
        };
        let mut login = LoginRequest { room: self.request.link.room.clone(), name: self.request.name.clone(), proof };
        let mut way = self.way.subscribe();
        // Nobody answers what was asked over the connection before.
        self.asked.clear();
        loop {
            tokio::select! {
                Ok(()) = way.changed() => {
                    self.state.media_way = *way.borrow_and_update();
                    self.publish();
                }
                output = control.next() => {
                    let ended = match output {
                        Ok(output) => self.output(&mut control, &login, output),
                        Err(Lost::Protocol(ControlError::Version { version_min, version_max, agent })) => {
                            let what = OtherVersion { agent, oldest: version_min, newest: version_max };
                            Some(Ended::Over(self.other_version(what).await))
                        }
                        Err(lost) => Some(Ended::Lost(lost.into())),
                    };
                    if let Some(ended) = ended {
                        return ended;
                    }
                }
                derived = self.entering.derived() => {
                    if let Err(why) = derived {
                        return Ended::Over(why.into());
                    }
                    match self.proof() {
                        Ok(proof) => login.proof = proof,
                        Err(why) => return Ended::Over(why),
                    }
                    control.login(&login);
                }
                command = inbox.recv() => match command {
                    Some(Command::Leave) | None => {
                        if self.state.phase == Phase::Joined {
                            control.request(&Request::Leave);
                        }
                        control.close().await;
                        return Ended::Over(JoinError::Left);
                    }
                    // Before and after it there is nobody to ask.
                    Some(command) if self.state.phase == Phase::Joined => self.command(&mut control, command),
                    Some(_) => {}
                },
            }
        }
    }

    fn command(&mut self, control: &mut Control, command: Command) {
        control.request(&match command {
            Command::Leave => return,
            Command::Remove { person, reply } => Request::Remove { request: self.ask(Asked::Done(reply)), person },
            Command::Want { video, at_us } => Request::Want { video, at_us },
            Command::FetchAhead(lesson) => Request::FetchAhead { request: 0, lesson },
            Command::FetchedAhead { lesson, progress } => {
                self.state.ahead.own = Some(progress).filter(|_| self.state.ahead.lesson.as_ref() == Some(&lesson));
                self.publish();
                Request::FetchedAhead { lesson, progress }
            }
            Command::Report(report) => Request::Report(report),
            Command::Speaking { stream, speaking } => Request::Speaking { stream, speaking },
            Command::SetTogether(on) => Request::SetTogether { request: 0, on },
            Command::Publish { offer, reply } => Request::Publish { request: self.ask(Asked::Publish(reply)), offer },
            Command::EndStream { stream, reply } => Request::EndStream { request: self.ask(Asked::Done(reply)), stream },
            Command::GiveStage { person, given, reply } => Request::GiveStage { request: self.ask(Asked::Done(reply)), person, given },
            Command::Quiet { quiet, reply } => Request::Quiet { request: self.ask(Asked::Done(reply)), quiet },
            Command::Record { stream, recorded, reply } => Request::Record { request: self.ask(Asked::Done(reply)), stream, recorded },
            Command::AllowRecording { stream, allowed, reply } => Request::AllowRecording { request: self.ask(Asked::Done(reply)), stream, allowed },
            Command::Chat(command) => Request::Chat(self.chat_request(command)),
            Command::Tool(command) => self.tool_request(command),
            Command::Talk(command) => Request::Talk(self.talk_request(command)),
            Command::Account(command) => self.account_request(command),
            Command::Lab(command) => self.lab_request(command),
            Command::Freeze { stream, frozen, reply } => Request::Freeze { request: self.ask(Asked::Done(reply)), stream, frozen },
        });
    }

    /// Remembers who waits for an answer.
    pub(super) fn ask(&mut self, asked: Asked) -> u32 {
        self.requests = self.requests.wrapping_add(1);
        // Those that nobody waits for any more are forgotten.
        self.asked.retain(|_, asked| !asked.is_closed());
        self.asked.insert(self.requests, asked);
        self.requests
    }

    /// The server speaks another version: it may have the viewer that fits.
    async fn other_version(&self, what: OtherVersion) -> JoinError {
        // Server and client of one release have one version.
        let (Some(version), Some(folder)) = (what.agent.rsplit(' ').next(), folders::data()) else { return JoinError::Version { what, unfetched: None } };
        match update::fetch(&self.request.link, Some(version), &folder).await {
            Ok(fetched) => {
                JoinError::OtherVersionFetched { what, version: fetched.version, path: fetched.path.display().to_string(), is_package: fetched.is_package }
            }
            Err(UpdateError::None) => JoinError::Version { what, unfetched: None },
            Err(why) => JoinError::Version { what, unfetched: Some(Box::new(why)) },
        }
    }

    fn output(&mut self, control: &mut Control, login: &LoginRequest, output: Output) -> Option<Ended> {
        match output {
            Output::Welcome(welcome) => {
                self.state.server_name = welcome.server_name;
                control.login(login);
                None
            }
            Output::Login(LoginReply::Joined(joined)) => {
                self.joined(control, *joined);
                None
            }
            Output::Login(LoginReply::Waiting { since_us, server_time_us }) => {
                self.waits(server_time_us.saturating_sub(since_us));
                None
            }
            Output::Login(LoginReply::Refused(LoginRefusal::Challenge(salt))) => {
                let entry = self.request.account.as_ref();
                let begun = entry.is_some_and(|entry| self.entering.challenged(entry, salt));
                (!begun).then_some(Ended::Over(JoinError::Account(AccountRefusal::SessionUnknown)))
            }
            Output::Login(LoginReply::Refused(refusal)) if refusal == LoginRefusal::SeatUnknown || self.entering.session_is_over(&refusal) => {
                // The server forgot the seat: enter anew, as at the first time.
                self.seat = None;
                match self.proof() {
                    Ok(proof) => {
                        control.login(&LoginRequest { proof, ..login.clone() });
                        None
                    }
                    Err(why) => Some(Ended::Over(why)),
                }
            }
            Output::Login(LoginReply::Refused(LoginRefusal::Busy { retry_after_ms })) if self.seat.is_some() => {
                Some(Ended::Lost(LostWhy::Busy(seconds(retry_after_ms))))
            }
            Output::Login(LoginReply::Refused(refusal)) => Some(Ended::Over(join_error(&refusal))),
            Output::Event(event) => {
                let ended = self.event(event);
                self.state.round_trip = control.round_trip();
                self.publish();
                ended
            }
        }
    }

    fn joined(&mut self, control: &mut Control, joined: Joined) {
        self.seat = Some(joined.seat);
        self.state.phase = Phase::Joined;
        self.state.me = Some(Me { id: joined.you, name: joined.name, role: joined.role });
        self.state.room = joined.room;
        self.state.ladder = joined.ladder;
        self.state.live_ladder = joined.live_ladder;
        self.state.thirds = joined.thirds;
        // What stood there before the connection was lost may be gone.
        self.state.people.clear();
        self.state.videos.clear();
        self.state.synchronised = false;
        self.state.connection += 1;
        self.state.identities.clear();
        self.state.mailboxes.clear();
        self.state.streams.clear();
        self.state.reports.clear();
        self.state.floor = Floor::default();
        self.state.tools = Tools::default();
        self.forget_labs();
        self.server_time(joined.server_time_us, Duration::ZERO);
        self.state.ahead.lesson = None;
        let access = joined.media;
        // The same address, with its zone where it has one.
        let mut media = control.address;
        media.set_port(access.video_port);
        self.route.send_replace(Some(MediaRoute {
            address: media,
            audio_port: access.audio_port,
            fallback: Fallback { control: control.address, fingerprint: self.request.link.fingerprint, taken: self.way.clone() },
            session: access.session,
            secret: control.secret.clone(),
            keys: vec![(access.epoch, access.room_key)],
            share_bps: None,
        }));
        self.begin_talk(control);
        self.publish();
    }

    fn event(&mut self, event: Event) -> Option<Ended> {
        match event {
            Event::Pong { server_time_us, .. } => self.server_time(server_time_us, self.state.round_trip.unwrap_or_default() / 2),
            Event::Answer { request, result } => match self.asked.remove(&request) {
                Some(Asked::Done(reply)) => _ = reply.send(result.map_err(StreamError::Refused)),
                Some(Asked::Chat(token)) => self.letter(Letter::Answered { token, result }),
                _ => {}
            },
            Event::Published { request, result } => {
                if let Some(Asked::Publish(reply)) = self.asked.remove(&request) {
                    let _ = reply.send(result.map_err(StreamError::Refused));
                }
            }
            Event::Streams(streams) => {
                for stream in streams {
                    self.state.streams.retain(|s| s.id != stream.id);
                    self.state.streams.push(stream);
                }
                self.state.streams.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
            }
            Event::StreamEnded(id) => {
                self.state.streams.retain(|s| s.id != id);
                self.state.reports.remove(&id);
                self.state.floor.frozen.retain(|s| *s != id);
                self.state.floor.recorded.retain(|s| *s != id);
                self.state.floor.recording_asked.retain(|asked| asked.stream != id);
            }
            Event::Reports { stream, viewers } => _ = self.state.reports.insert(stream, viewers),
            Event::Together { on } => self.state.together = on,
            Event::Stage(stage) => self.state.floor.stage = stage,
            Event::Quiet(quiet) => self.state.floor.quiet = quiet,
            Event::Frozen(frozen) => self.state.floor.frozen = frozen,
            Event::Recorded(recorded) => self.state.floor.recorded = recorded,
            Event::RecordingAsked(asked) => self.state.floor.recording_asked = asked,
            Event::Chat(event) => self.chat_event(event),
            Event::Room(event) => self.tool_event(event),
            Event::Talk(event) => self.talk_event(event),
            Event::Account(event) => self.account_event(event),
            Event::Lab(event) => self.lab_event(event),
            Event::People(people) => {
                for mut person in people {
                    // Whatever the server sent.
                    person.name = lectern_proto::text::line(&person.name).into_owned();
                    self.state.people.retain(|p| p.id != person.id);
                    self.state.people.push(person);
                }
                self.state.people.sort_by_key(|p| (p.role != Role::Instructor, p.name.to_lowercase(), p.id));
            }
            Event::PersonLeft(id) => {
                self.state.people.retain(|p| p.id != id);
                self.state.identities.remove(&id);
                self.state.tools.hands.retain(|p| *p != id);
                self.state.tools.speaking.retain(|p| *p != id);
            }
            Event::Videos(videos) => {
                for video in videos {
                    self.state.videos.retain(|v| v.id != video.id);
                    self.state.videos.push(video);
                }
                self.state.videos.sort_by(|a, b| (a.title.to_lowercase(), &a.id).cmp(&(b.title.to_lowercase(), &b.id)));
            }
            Event::VideoRemoved(id) => self.state.videos.retain(|v| v.id != id),
            Event::Synchronised => self.state.synchronised = true,
            Event::MediaEpoch { epoch, room_key } => self.new_epoch(epoch, room_key),
            Event::Share { bps } => self.route.send_modify(|route| {
                if let Some(route) = route {
                    route.share_bps = Some(bps);
                }
            }),
            Event::FetchAhead(lesson) => {
                let same = self.state.ahead.lesson == lesson;
                let before = std::mem::take(&mut self.state.ahead);
                let (own, class) = if same { (before.own, before.class) } else { (None, None) };
                self.state.ahead = Ahead { lesson, asked: before.asked + 1, own, class };
            }
            Event::FetchedAhead { ready, of, unable } => self.state.ahead.class = Some(AheadTally { ready, of, unable }),
            Event::Closing(reason) => return Some(closing(reason)),
        }
        None
    }

    fn new_epoch(&self, epoch: u32, room_key: RoomKey) {
        self.route.send_modify(|route| {
            if let Some(route) = route {
                route.keys.push((epoch, room_key));
                if route.keys.len() > 2 {
                    route.keys.remove(0);
                }
            }
        });
    }
}

fn closing(reason: CloseReason) -> Ended {
    match reason {
        CloseReason::Removed { by } => Ended::Over(JoinError::Removed { by }),
        CloseReason::RoomClosed { by } => Ended::Over(JoinError::RoomClosed { by }),
        CloseReason::Replaced => Ended::Over(JoinError::Replaced),
        CloseReason::ServerStopping => Ended::Lost(LostWhy::Stopped),
        CloseReason::Overrun => Ended::Lost(LostWhy::Overrun),
        CloseReason::ProtocolError(what) => Ended::Over(JoinError::Closed(what)),
    }
}

fn seconds(ms: u32) -> u64 {
    u64::from(ms).div_ceil(1000)
}

fn join_error(refusal: &LoginRefusal) -> JoinError {
    match refusal {
        LoginRefusal::WrongRoomOrPassword | LoginRefusal::SeatUnknown => JoinError::WrongPassword,
        LoginRefusal::WrongInstructorKey => JoinError::WrongInstructorKey,
        LoginRefusal::TooManyFailures { retry_after_ms } => JoinError::TooManyFailures(seconds(*retry_after_ms)),
        LoginRefusal::Busy { retry_after_ms } => JoinError::Busy(seconds(*retry_after_ms)),
        LoginRefusal::RoomFull => JoinError::RoomFull,
        LoginRefusal::BadName => JoinError::BadName,
        LoginRefusal::Locked => JoinError::Locked,
        LoginRefusal::TurnedAway => JoinError::TurnedAway,
        LoginRefusal::Banned => JoinError::Banned,
        LoginRefusal::WrongCode => JoinError::WrongCode,
        LoginRefusal::Account(refusal) => JoinError::Account(*refusal),
        // Answered before this.
        LoginRefusal::Challenge(_) => JoinError::Account(AccountRefusal::WrongAccountOrPassword),
    }
}
