//! What a member knows of the room's tools, and how it uses them: hands, the door, attention, polls, attendance.

use std::time::{Duration, Instant};

use lectern_proto::control::{CodeInfo, Door, PersonId, Poll, Request, RoomAnswer, RoomEvent, RoomRequest, Stay, Waiting};
use tokio::sync::oneshot;

use super::membership::{Asked, Membership};
use super::{Class, Command, Phase, StreamError};

/// The room's tools as this member sees them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tools {
    /// In the order in which they were raised.
    pub hands: Vec<PersonId>,
    /// Students who publish no sound.
    pub muted: Vec<PersonId>,
    /// Who is heard at this moment.
    pub speaking: Vec<PersonId>,
    pub door: Door,
    /// For staff: who waits to be admitted, longest first.
    pub waiting: Vec<Waiting>,
    /// For staff: who is kept out.
    pub banned: Vec<String>,
    /// Whether every client shows the stage.
    pub attention: bool,
    /// The poll that is open, or was last.
    pub poll: Option<PollState>,
    /// The access code that this member made last, as it is written: the server does not tell it again.
    pub made: Option<(String, CodeInfo)>,
    /// The codes with which somebody could enter, as this member asked for them last.
    pub codes: Vec<CodeInfo>,
}

/// A poll as this member sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollState {
    pub poll: Poll,
    /// One's own answer, by its place from 0.
    pub yours: Option<u8>,
    /// How often each answer was given: for staff as it goes, for everybody once it is closed.
    pub counts: Option<Vec<u32>>,
    pub closed: bool,
}

/// Another room, with a waiting room or without: a server of before takes the request that says nothing of it.
pub(crate) fn opening(name: String, password: String, waiting_room: bool) -> RoomRequest {
    if waiting_room { RoomRequest::OpenRoomWith { name, password, waiting_room } } else { RoomRequest::OpenRoom { name, password } }
}

/// A request, and who waits for its answer.
#[derive(Debug)]
pub(super) struct ToolCommand {
    what: RoomRequest,
    reply: oneshot::Sender<Result<RoomAnswer, StreamError>>,
}

impl Class {
    /// Uses one of the room's tools; the server says who may.
    ///
    /// # Errors
    /// [`StreamError`] when the server refuses it or cannot be asked.
    pub async fn use_tool(&self, what: RoomRequest) -> Result<RoomAnswer, StreamError> {
        self.ask(|reply| Command::Tool(ToolCommand { what, reply })).await
    }

    /// Who was there from when to when, in the order of their beginning; the server tells it to instructors only.
    ///
    /// # Errors
    /// [`StreamError`] when the server refuses it or cannot be asked.
    pub async fn attendance(&self) -> Result<Vec<Stay>, StreamError> {
        let mut all = Vec::new();
        loop {
            let from = u32::try_from(all.len()).unwrap_or(u32::MAX);
            match self.use_tool(RoomRequest::Attendance { from }).await? {
                RoomAnswer::Attendance { stays, more } if more && !stays.is_empty() => all.extend(stays),
                RoomAnswer::Attendance { stays, .. } => {
                    all.extend(stays);
                    return Ok(all);
                }
                _ => return Ok(all),
            }
        }
    }
}

impl Membership {
    pub(super) fn tool_request(&mut self, command: ToolCommand) -> Request {
        // What one does oneself is known before anybody says so.
        if let (RoomRequest::Vote { poll, answer }, Some(open)) = (&command.what, self.state.tools.poll.as_mut())
            && open.poll.id == *poll
        {
            open.yours = *answer;
        }
        Request::Room { request: self.ask(Asked::Tool(command.reply)), what: command.what }
    }

    pub(super) fn tool_event(&mut self, event: RoomEvent) {
        let tools = &mut self.state.tools;
        match event {
            RoomEvent::Answer { request, result } => {
                match &result {
                    Ok(RoomAnswer::Code { code, info }) => {
                        tools.made = Some((code.clone(), info.clone()));
                        tools.codes.push(info.clone());
                    }
                    Ok(RoomAnswer::Codes(codes)) => tools.codes.clone_from(codes),
                    _ => {}
                }
                if let Some(Asked::Tool(reply)) = self.asked.remove(&request) {
                    let _ = reply.send(result.map_err(StreamError::Refused));
                }
            }
            RoomEvent::Hands { raised, lowered } => {
                tools.hands.retain(|p| !lowered.contains(p) && !raised.contains(p));
                tools.hands.extend(raised);
            }
            RoomEvent::Muted(muted) => tools.muted = muted,
            RoomEvent::Speaking { began, ended } => {
                tools.speaking.retain(|p| !ended.contains(p) && !began.contains(p));
                tools.speaking.extend(began);
            }
            RoomEvent::Door(door) => tools.door = door,
            RoomEvent::Waiting(waiting) => tools.waiting = waiting,
            RoomEvent::Banned(banned) => tools.banned = banned,
            RoomEvent::Attention(on) => tools.attention = on,
            RoomEvent::Poll { poll, yours } => tools.poll = Some(PollState { poll, yours, counts: None, closed: false }),
            RoomEvent::Counts { poll, counts } => {
                if let Some(open) = tools.poll.as_mut().filter(|p| p.poll.id == poll) {
                    open.counts = Some(counts);
                }
            }
            RoomEvent::PollClosed { poll, counts } => {
                if let Some(open) = tools.poll.as_mut().filter(|p| p.poll.id == poll) {
                    (open.counts, open.closed) = (Some(counts), true);
                }
            }
        }
    }

    /// The server lets this member wait.
    pub(super) fn waits(&mut self, waited_us: u64) {
        let since = Instant::now().checked_sub(Duration::from_micros(waited_us)).unwrap_or_else(Instant::now);
        if !matches!(self.state.phase, Phase::Waiting { .. }) {
            self.state.phase = Phase::Waiting { since };
        }
        self.publish();
    }
}
