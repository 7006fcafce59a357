//! A real PostgreSQL server of a test program's own, in a temporary folder, without TCP.
//!
//! It does not run as root: there it runs as `postgres`, the user of Debian's package. A shell holds it and waits on its standard input, so it ends,
//! folder and all, when the test program does, however that ends.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The newest that is installed makes a cluster, starts it and does what each line says.
const SCRIPT: &str = r#"
set -eu
trap '' INT
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n1)
[ -n "$bin" ] || { echo "PostgreSQL is not installed: scripts/deps test" >&2; exit 1; }
dir=$(mktemp -d /tmp/lectern-postgres.XXXXXX)
cd "$dir"
end() { "$bin/pg_ctl" -D data -m immediate -w stop >>log 2>&1 || true; cd /; rm -rf "$dir"; }
trap end EXIT
"$bin/initdb" -D data -A trust -U lectern --no-sync -E UTF8 --locale=C >log 2>&1 || { cat log >&2; exit 1; }
start() { "$bin/pg_ctl" -D data -l server.log -w -o "-k $dir -c listen_addresses= -c fsync=off -c max_connections=300" start >>log 2>&1 || { cat log server.log >&2; exit 1; }; }
start
echo "$dir"
while read -r order name; do
  case $order in
    start) start ;;
    stop) "$bin/pg_ctl" -D data -m fast -w stop >>log 2>&1 ;;
    new) "$bin/createdb" -h "$dir" -U lectern "$name" ;;
  esac
  echo done
done
"#;

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    dir: PathBuf,
    shell: Mutex<Shell>,
    databases: AtomicU32,
}

#[derive(Debug)]
struct Shell {
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    child: Child,
}

impl Postgres {
    /// The one server of this test program.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Another one.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    pub fn start() -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).current_dir("/");
        if number("root", "-u") == number("", "-u") {
            use std::os::unix::process::CommandExt;
            command.uid(number("postgres", "-u")).gid(number("postgres", "-g"));
        }
        let mut child = command.spawn().expect("a shell");
        let (orders, answers) = (child.stdin.take(), BufReader::new(child.stdout.take().expect("its output")));
        let mut shell = Shell { orders, answers, child };
        let dir = shell.line();
        assert!(!dir.is_empty(), "PostgreSQL does not start");
        Self { dir: dir.into(), shell: Mutex::new(shell), databases: AtomicU32::new(0) }
    }

    /// The URL of a database that is new.
    pub fn database(&self) -> String {
        let name = format!("d{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.order(&format!("new {name}"));
        format!("postgres://lectern@localhost/{name}?host={}", self.dir.display())
    }

    /// Ends the server as a restart of its machine would; its databases stay.
    pub fn stop(&self) {
        self.order("stop");
    }

    /// Starts it again.
    pub fn start_again(&self) {
        self.order("start");
    }

    fn order(&self, order: &str) {
        let mut shell = self.shell();
        writeln!(shell.orders.as_mut().expect("open"), "{order}").expect("the shell reads");
        assert_eq!(shell.line(), "done", "{order}");
    }

    fn shell(&self) -> MutexGuard<'_, Shell> {
        self.shell.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut shell = self.shell();
        shell.orders = None;
        let _ = shell.child.wait();
    }
}

impl Shell {
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the shell's answer");
        line.trim().to_owned()
    }
}

/// The number of a user, or of who runs this.
fn number(user: &str, which: &str) -> u32 {
    let arguments = [which, user];
    let output = Command::new("id").args(arguments.iter().filter(|a| !a.is_empty())).output().expect("id");
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    text.parse().unwrap_or_else(|_| panic!("there is no user {user}; PostgreSQL does not run as root"))
}
