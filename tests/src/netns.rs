//! Networks of their own for tests: machines with one address each behind a switch, without any way out. Linux, as root.
//!
//! Everything is made in new namespaces and goes with them; the networks of this machine are not touched.

use std::process::Command;

use anyhow::{Context, Result, ensure};

/// A switch with machines on it. Deleted when dropped.
#[derive(Debug)]
pub struct Lan {
    switch: String,
    machines: Vec<String>,
}

/// Why there can be no namespaces here, if so.
#[must_use]
pub fn unavailable() -> Option<&'static str> {
    // SAFETY: geteuid only reads a number.
    let is_root = cfg!(target_os = "linux") && unsafe { libc::geteuid() } == 0;
    (!is_root).then_some("skipped: network namespaces need root on Linux")
}

fn ip(args: &str) -> Result<()> {
    let done = Command::new("ip").args(args.split(' ')).output().context("the program `ip` of the package iproute2")?;
    ensure!(done.status.success(), "ip {args}: {}", String::from_utf8_lossy(&done.stderr));
    Ok(())
}

impl Lan {
    /// A network 10.77.0.0/24 with this many machines, 10.77.0.1 and on; `tag` tells it from those of other tests.
    pub fn new(tag: &str, machines: usize) -> Result<Self> {
        let base = format!("lt{tag}{}", std::process::id());
        let mut lan = Self { switch: format!("{base}sw"), machines: Vec::new() };
        ip(&format!("netns add {}", lan.switch))?;
        ip(&format!("-n {} link add br0 type bridge mcast_snooping 0", lan.switch))?;
        ip(&format!("-n {} link set br0 up", lan.switch))?;
        for n in 1..=machines {
            let name = format!("{base}m{n}");
            ip(&format!("netns add {name}"))?;
            lan.machines.push(name.clone());
            ip(&format!("-n {} link add p{n} type veth peer name eth0 netns {name}", lan.switch))?;
            ip(&format!("-n {} link set p{n} master br0 up", lan.switch))?;
            ip(&format!("-n {name} link set lo up"))?;
            // Without duplicate address detection the link-local address is there at once.
            let _ = Command::new("ip").args(["netns", "exec", &name, "sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=0"]).status();
            ip(&format!("-n {name} addr add 10.77.0.{n}/24 brd + dev eth0"))?;
            ip(&format!("-n {name} link set eth0 up"))?;
        }
        Ok(lan)
    }

    /// The namespace of a machine, counted from 1.
    #[must_use]
    pub fn machine(&self, n: usize) -> &str {
        self.machines.get(n - 1).map_or("", String::as_str)
    }

    /// Lets the switch drop multicast, as that of many access points; broadcasts still pass.
    pub fn filter_multicast(&self) -> Result<()> {
        for n in 1..=self.machines.len() {
            let port = format!("p{n}");
            let done = Command::new("ip").args(["netns", "exec", &self.switch, "bridge", "link", "set", "dev", &port, "mcast_flood", "off"]).output()?;
            ensure!(done.status.success(), "bridge link set: {}", String::from_utf8_lossy(&done.stderr));
        }
        Ok(())
    }

    /// Keeps a machine from all others that are kept so, as access points do that isolate their clients: it still reaches the rest.
    pub fn isolate(&self, machine: usize) -> Result<()> {
        let port = format!("p{machine}");
        let done = Command::new("ip").args(["netns", "exec", &self.switch, "bridge", "link", "set", "dev", &port, "isolated", "on"]).output()?;
        ensure!(done.status.success(), "bridge link set: {}", String::from_utf8_lossy(&done.stderr));
        Ok(())
    }

    /// Runs `ip` with arguments on a machine.
    pub fn ip(&self, machine: usize, args: &str) -> Result<()> {
        ip(&format!("-n {} {args}", self.machine(machine)))
    }
}

impl Drop for Lan {
    fn drop(&mut self) {
        for name in self.machines.iter().chain([&self.switch]) {
            let _ = ip(&format!("netns del {name}"));
        }
    }
}
