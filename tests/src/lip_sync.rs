//! Lip sync as a person at a window has it: a flash on the screen and a beep behind the sound device, each second, both recorded from
//! outside with the times of one clock.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::desk::{Area, Desk, onsets, samples};

/// The beep of the sample lesson and of the test pattern.
pub const BEEP_HZ: f64 = 1_000.0;

/// What was seen and heard.
#[derive(Debug)]
pub struct Seen {
    /// By how much each flash came after the beep that belongs to it, in milliseconds, least first.
    pub skews_ms: Vec<f64>,
    /// When each beep began, in seconds.
    pub beeps: Vec<f64>,
    pub sound: Vec<(f64, f32)>,
}

/// Finds what goes from dark to bright and back: the flash patch, as a small area inside it.
fn find_flash(desk: &Desk, screen: (u32, u32)) -> Result<Option<Area>> {
    const B: u32 = 8;
    let whole = Area { x: 0, y: 0, width: screen.0, height: screen.1 };
    let film = desk.film(whole, 15)?;
    std::thread::sleep(Duration::from_millis(3_500));
    let frames = film.finish()?;
    let mean = |frame: &[u8], bx: u32, by: u32| {
        let rows = (0..B).flat_map(|dy| (0..B).map(move |dx| (by * B + dy) * screen.0 + bx * B + dx));
        rows.map(|i| u32::from(frame[i as usize])).sum::<u32>() / (B * B)
    };
    // The bits of the frame's stamp go on and off too, but no bit for a tenth of each second.
    let flashes = |bx: u32, by: u32| {
        let values: Vec<u32> = frames.iter().map(|(_, f)| mean(f, bx, by)).collect();
        let clear = values.iter().all(|v| *v < 70 || *v > 200);
        let bright: Vec<_> = values.split(|v| *v < 70).filter(|run| !run.is_empty()).map(<[u32]>::len).collect();
        let starts: Vec<_> = (1..values.len()).filter(|i| values[*i] > 200 && values[*i - 1] < 70).map(|i| frames[i].0).collect();
        let each_second = starts.len() >= 3 && starts.windows(2).all(|w| (w[1] - w[0] - 1.0).abs() < 0.2);
        clear && each_second && bright.iter().all(|n| *n <= 3)
    };
    let hits: Vec<_> = (0..screen.1 / B).flat_map(|by| (0..screen.0 / B).map(move |bx| (bx, by))).filter(|(bx, by)| flashes(*bx, *by)).collect();
    Ok(hits.get(hits.len() / 2).map(|(bx, by)| Area { x: bx * B, y: by * B, width: B, height: B }))
}

/// Records screen and sound device for so long; `begun` is called when both are recorded.
///
/// # Errors
/// When nothing flashes on the screen, or cannot be recorded.
pub fn measure(desk: &Desk, screen: (u32, u32), length: Duration, begun: impl FnOnce()) -> Result<Seen> {
    let mut area = None;
    // The first look may still see the window open.
    for _ in 0..4 {
        area = find_flash(desk, screen)?;
        if area.is_some() {
            break;
        }
    }
    let shot = std::env::temp_dir().join("lectern-no-flash.png");
    if area.is_none() {
        desk.screenshot(&shot)?;
    }
    let area = area.with_context(|| format!("no flash on the screen; see {}", shot.display()))?;
    let (film, sound) = (desk.film(area, 120)?, desk.listen()?);
    begun();
    std::thread::sleep(length);
    let (film, sound) = (film.finish()?, samples(&sound.finish()?));
    let bright = |f: &[u8]| f.iter().map(|p| u32::from(*p)).sum::<u32>() / f.len() as u32 > 150;
    let flashes: Vec<f64> = film.windows(2).filter(|w| !bright(&w[0].1) && bright(&w[1].1)).map(|w| w[1].0).collect();
    let beeps = onsets(&sound, BEEP_HZ, 0.1);
    let nearest = |flash: &f64| beeps.iter().map(|b| flash - b).min_by(|a, b| a.abs().total_cmp(&b.abs()));
    // The first or last of a recording may have no partner in it.
    let mut skews_ms: Vec<f64> = flashes.iter().filter_map(nearest).filter(|s| s.abs() < 0.5).map(|s| s * 1e3).collect();
    skews_ms.sort_by(f64::total_cmp);
    Ok(Seen { skews_ms, beeps, sound })
}
