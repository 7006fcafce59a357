//! A record as a table for spreadsheets. People choose their names and reasons: no cell of text can be a formula.

use super::super::exercise::Exercise;
use super::super::quantity::Quantity;
use super::super::seat::{Partner, Path, Seat, Stage, Verified};
use super::{Record, Row};
use crate::attendance::field;

pub(super) fn csv(record: &Record, exercise: &Exercise) -> String {
    let mut head: Vec<String> = ["name", "partner", "seed", "stage", "reason", "path"].map(Into::into).into();
    head.push(format!("predicted_{}", exercise.about));
    head.extend(["packets", "retransmissions", "acks", "lost", "bytes", "payload", "time_s", "goodput_mbps", "efficiency"].map(Into::into));
    head.extend(exercise.expect.keys().flat_map(|quantity| [format!("expected_{quantity}"), format!("inside_{quantity}")]));
    head.extend(["received", "received_twice", "received_damaged", "received_same", "verified"].map(Into::into));
    let rows = record.seats.iter().map(|row| cells(row, record, exercise));
    std::iter::once(head).chain(rows).map(|cells| cells.join(",") + "\r\n").collect()
}

fn cells(row: &Row, record: &Record, exercise: &Exercise) -> Vec<String> {
    let seat = &row.seat;
    let mut cells = vec![field(&seat.name), field(partner(seat, record)), seat.seed.to_string()];
    let (stage, reason) = stage(&seat.stage);
    cells.extend([stage.to_owned(), if reason.is_empty() { String::new() } else { field(reason) }]);
    cells.push(seat.path.map(path).unwrap_or_default().into());
    cells.push(seat.prediction.map(|p| p.to_string()).unwrap_or_default());
    cells.extend(match &seat.measured {
        None => [(); 9].map(|()| String::new()),
        Some(m) => {
            let of = |quantity| m.get(quantity).to_string();
            let counts = [m.packets, m.retransmissions, m.acks, m.lost, m.bytes, m.payload.into()].map(|n| n.to_string());
            let [packets, again, acks, lost, bytes, payload] = counts;
            [packets, again, acks, lost, bytes, payload, of(Quantity::Time), of(Quantity::Goodput), of(Quantity::Efficiency)]
        }
    });
    for (quantity, expected) in &exercise.expect {
        let judged = row.judged.iter().find(|judged| judged.quantity == *quantity);
        cells.extend([field(&expected.to_string()), judged.map_or("", |judged| yes(judged.inside)).into()]);
    }
    cells.extend(match &seat.witness {
        None => [(); 4].map(|()| String::new()),
        Some(w) => [w.packets.to_string(), w.duplicates.to_string(), w.damaged.to_string(), yes(w.same).into()],
    });
    cells.push(verified(seat.verified).into());
    cells
}

fn partner<'a>(seat: &Seat, record: &'a Record) -> &'a str {
    match seat.partner {
        Partner::Server => "server",
        Partner::Person(person) => record.seats.iter().find(|row| row.seat.person == person).map_or("", |row| &row.seat.name),
    }
}

fn stage(stage: &Stage) -> (&'static str, &str) {
    match stage {
        Stage::Reading => ("reading", ""),
        Stage::Predicted => ("predicted", ""),
        Stage::Running => ("running", ""),
        Stage::Done => ("done", ""),
        Stage::Failed(reason) => ("failed", reason),
        Stage::Away => ("away", ""),
    }
}

const fn path(path: Path) -> &'static str {
    match path {
        Path::Direct => "direct",
        Path::Relayed => "relayed",
        Path::Server => "server",
        Path::Simulated => "simulated",
    }
}

const fn verified(verified: Verified) -> &'static str {
    match verified {
        Verified::No => "no",
        Verified::Agrees => "agrees",
        Verified::Differs => "differs",
    }
}

const fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}
