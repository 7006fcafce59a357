//! The `lectern` program: see `lectern::cli`.

fn main() -> std::process::ExitCode {
    lectern::cli::main()
}
