//! Runs of the labs for a window, which waits for nothing: what is wished for runs in tasks, and how far it is stands in a snapshot.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use lectern_proto::arq::Settings;
use lectern_proto::control::{LabRequest, RunId, RunOffer};
use lectern_proto::lab::class_run::Amount;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::class::{Partner, Spoiling, send_to, take};
use super::report::{ReceiveReport, SendReport};
use super::{LabError, class_run};
use crate::class::{Changed, Class};

/// What a window wishes.
#[derive(Debug, Clone, PartialEq)]
pub enum LabWish {
    /// Sends a file; without one a text of this program's, as `send.txt`.
    Send {
        to: Partner,
        file: Option<PathBuf>,
        settings: Settings,
        size: u16,
        spoiling: Spoiling,
    },
    /// Takes what was offered, and keeps it there.
    Take {
        run: RunId,
        out: PathBuf,
    },
    /// Ends what is sent, or taken.
    StopSending,
    StopTaking,
    /// Writes the capture of what was sent, or taken, into a file for Wireshark.
    SaveCapture {
        of_taken: bool,
        to: PathBuf,
    },
    /// Something else; a refusal stands in the snapshot.
    Ask(LabRequest),
    /// Predicts, and runs the exercise.
    Predict(Amount),
    /// Runs what was predicted before.
    RunExercise,
}

/// How far one thing is.
#[derive(Debug, Clone, Default)]
pub enum Doing<T> {
    #[default]
    Nothing,
    /// The other side has not answered yet.
    Asked,
    Running,
    Done(Arc<T>),
    Failed(Arc<LabError>),
}

/// What is being done.
#[derive(Debug, Clone, Default)]
pub struct WorkState {
    pub sending: Doing<SendReport>,
    pub taking: Doing<ReceiveReport>,
    /// The own run of the exercise.
    pub exercise: Doing<()>,
    /// What was refused last.
    pub refused: Option<Arc<LabError>>,
}

impl<T> Doing<T> {
    /// Whether it is not over yet.
    #[must_use]
    pub fn is_under_way(&self) -> bool {
        matches!(self, Self::Asked | Self::Running)
    }
}

#[derive(Default)]
struct Shared {
    state: WorkState,
    sending: CancellationToken,
    taking: CancellationToken,
    /// What went and came in the last run of each; gone with the next.
    sent: Option<Arc<class_run::Passing>>,
    taken: Option<Arc<class_run::Passing>>,
}

/// The runs of one membership. Partners' runs of an exercise are taken as long as it lasts.
#[derive(Clone)]
pub struct Work {
    class: Class,
    runtime: tokio::runtime::Handle,
    changed: Changed,
    shared: Arc<Mutex<Shared>>,
    /// Nobody takes partners' runs when this is gone: a membership ends with its last handle, and whoever takes them has one.
    _serving: Arc<DropGuard>,
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work").finish_non_exhaustive()
    }
}

/// What is sent where no file was chosen: about 24 kB, lines that say where they are.
fn sample() -> String {
    (1..=400).map(|line| format!("{line:3}: This is line {line} of 400 of send.txt, sent by Lectern.\n")).collect()
}

impl Work {
    /// Begins to take partners' runs.
    #[must_use]
    pub fn start(class: &Class, runtime: &tokio::runtime::Handle, changed: Changed) -> Self {
        let (stop, served) = (CancellationToken::new(), class.clone());
        let over = stop.clone();
        runtime.spawn(async move {
            tokio::select! {
                () = over.cancelled() => {}
                () = class_run::serve(served) => {}
            }
        });
        Self { class: class.clone(), runtime: runtime.clone(), changed, shared: Arc::default(), _serving: Arc::new(stop.drop_guard()) }
    }

    /// What is known now.
    #[must_use]
    pub fn state(&self) -> WorkState {
        self.change(|shared| shared.state.clone())
    }

    fn change<T>(&self, act: impl FnOnce(&mut Shared) -> T) -> T {
        act(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn tell(&self, act: impl FnOnce(&mut Shared)) {
        self.change(act);
        (self.changed)();
    }

    /// Begins what is wished; what is under way goes on.
    pub fn wish(&self, wish: LabWish) {
        let work = self.clone();
        match wish {
            LabWish::StopSending => self.change(|shared| shared.sending.cancel()),
            LabWish::StopTaking => self.change(|shared| shared.taking.cancel()),
            LabWish::Send { to, file, settings, size, spoiling } => {
                let stop = CancellationToken::new();
                let is_free = self.change(|shared| {
                    let is_free = !shared.state.sending.is_under_way();
                    if is_free {
                        (shared.state.sending, shared.sending) = (Doing::Asked, stop.clone());
                    }
                    is_free
                });
                if is_free {
                    self.runtime.spawn(async move { work.send(to, file, (settings, size), spoiling, stop).await });
                }
            }
            LabWish::Take { run, out } => {
                let stop = CancellationToken::new();
                let capture = Arc::new(class_run::Passing::new());
                let spoiling = Spoiling { capture: Some(capture.path().to_owned()), ..Spoiling::default() };
                self.change(|shared| (shared.state.taking, shared.taking, shared.taken) = (Doing::Running, stop.clone(), Some(capture)));
                self.runtime.spawn(async move {
                    let told = work.clone();
                    let done = |report: &ReceiveReport| told.tell(|shared| shared.state.taking = Doing::Done(Arc::new(report.clone())));
                    if let Err(error) = take(&work.class, run, &out, &spoiling, stop, done).await {
                        work.tell(|shared| shared.state.taking = Doing::Failed(Arc::new(error)));
                    }
                });
            }
            LabWish::SaveCapture { of_taken, to } => {
                let capture = self.change(|shared| if of_taken { shared.taken.clone() } else { shared.sent.clone() });
                self.runtime.spawn_blocking(move || {
                    let copied = capture.map_or_else(|| Err(std::io::ErrorKind::NotFound.into()), |capture| std::fs::copy(capture.path(), &to));
                    let refused = copied.err().map(|error| Arc::new(LabError::Write { path: to, error }));
                    work.tell(|shared| shared.state.refused = refused);
                });
            }
            LabWish::Ask(what) => {
                self.runtime.spawn(async move {
                    let refused = work.class.lab(what).await.err().map(|why| Arc::new(LabError::Class(why)));
                    work.tell(|shared| shared.state.refused = refused);
                });
            }
            LabWish::Predict(_) | LabWish::RunExercise => {
                self.change(|shared| shared.state.exercise = Doing::Running);
                self.runtime.spawn(async move {
                    let done = match wish {
                        LabWish::Predict(prediction) => class_run::predict_and_run(&work.class, prediction, CancellationToken::new()).await,
                        _ => class_run::run(&work.class, CancellationToken::new()).await,
                    };
                    let exercise = match done {
                        Ok(_) => Doing::Done(Arc::new(())),
                        Err(error) => Doing::Failed(Arc::new(error)),
                    };
                    work.tell(|shared| shared.state.exercise = exercise);
                });
            }
        }
    }

    async fn send(&self, to: Partner, file: Option<PathBuf>, (settings, size): (Settings, u16), spoiling: Spoiling, stop: CancellationToken) {
        let capture = Arc::new(class_run::Passing::new());
        let spoiling = Spoiling { capture: Some(capture.path().to_owned()), ..spoiling };
        self.change(|shared| shared.sent = Some(capture));
        let sent = self.sent(to, file, (settings, size), spoiling, stop).await;
        self.tell(|shared| {
            shared.state.sending = match sent {
                Ok(report) => Doing::Done(Arc::new(report)),
                Err(error) => Doing::Failed(Arc::new(error)),
            };
        });
    }

    async fn sent(
        &self,
        to: Partner,
        file: Option<PathBuf>,
        (settings, size): (Settings, u16),
        spoiling: Spoiling,
        stop: CancellationToken,
    ) -> Result<SendReport, LabError> {
        let own = class_run::Passing::new();
        let (name, file) = match file {
            Some(file) => (file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()), file),
            None => {
                std::fs::write(own.path(), sample()).map_err(|error| LabError::Write { path: own.path().to_owned(), error })?;
                ("send.txt".to_owned(), own.path().to_owned())
            }
        };
        let bytes = std::fs::metadata(&file).map_err(|error| LabError::Read { path: file.clone(), error })?.len();
        let ppm = |p: f64| (p * 1e6).round() as u32;
        let (loss_ppm, ack_loss_ppm) = (ppm(spoiling.data.loss), ppm(spoiling.acks.loss));
        let name = if lectern_proto::arq::packet::Start::is_name(&name) { name } else { "file".to_owned() };
        let offer = RunOffer { name: name.clone(), bytes, settings, payload: size, loss_ppm, ack_loss_ppm };
        let told = || self.tell(|shared| shared.state.sending = Doing::Running);
        let mut report = send_to(&self.class, to, (&file, offer), &spoiling, stop, told).await?;
        report.sent = name;
        Ok(report)
    }
}
