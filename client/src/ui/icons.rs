//! The icons of the window, drawn with the painter on a grid of 24 units: lines of 1.5 units, filled where the meaning is a state.
//!
//! They are drawings instead of an icon font because no crate carries the Phosphor fonts without another egui, and a clone
//! without a network must build. Their shapes follow Phosphor's, so a font can take their place icon by icon.

mod outlines;

use egui::epaint::PathShape;
use egui::{Color32, CornerRadius, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, pos2};

use outlines::{EYE, GEAR, MOON, P, SEAL, SEAL_A, SEAL_B, SPEAKER};

/// Edge of the grid.
const GRID: f32 = 24.0;
/// Width of a line on the grid.
const LINE: f32 = 1.6;

/// A small picture with a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Back,
    Play,
    Pause,
    Replay,
    Rewind,
    Forward,
    Loud,
    Quiet,
    Muted,
    Enlarge,
    Shrink,
    SidePanel,
    Check,
    Warning,
    Octagon,
    Unplugged,
    Eye,
    EyeOff,
    Link,
    Sun,
    Moon,
    Language,
    Leave,
    Close,
    Film,
    BrokenFile,
    Clock,
    Watch,
    Shield,
    Key,
    Keyboard,
    Server,
    People,
    Headphones,
    Note,
    Arrow,
    Down,
    Search,
    Sort,
    Bulb,
    Chart,
    Gear,
    More,
    Chapters,
    Broadcast,
    Camera,
    Screen,
    Microphone,
    Snow,
    Hand,
    Projector,
    Strip,
    Stop,
    Record,
    Sheet,
    Corners,
    Pin,
    Inset,
    Chat,
    Checks,
    Seal,
    SealFilled,
    Lock,
    Prohibit,
    Flag,
    Copy,
    Clip,
    Flask,
    Export,
    Bolt,
    Wrench,
}

/// One stroke of an icon.
enum Mark {
    /// An open line.
    Line(&'static [P]),
    /// A closed line.
    Loop(&'static [P]),
    /// A filled convex shape.
    Solid(&'static [P]),
    Circle(P, f32),
    Disc(P, f32),
    /// Centre, radius, from and to in degrees, clockwise from three o'clock.
    Arc(P, f32, f32, f32),
    /// Corner, opposite corner, radius.
    Box(P, P, u8),
    SolidBox(P, P, u8),
    /// A line in the colour of the ground, on a filled shape.
    Cut(&'static [P]),
    CutDisc(P, f32),
}

use Mark::{Arc, Box as Frame, Circle, Cut, CutDisc, Disc, Line, Loop, Solid, SolidBox};

impl Icon {
    /// Paints it into the middle of `rect`, as large as the shorter edge.
    pub(crate) fn paint(self, painter: &Painter, rect: Rect, color: Color32) {
        let edge = rect.width().min(rect.height());
        let scale = edge / GRID;
        let origin = rect.center() - egui::Vec2::splat(edge / 2.0);
        let at = |p: &P| pos2(origin.x + p[0] * scale, origin.y + p[1] * scale);
        let stroke = Stroke::new((LINE * scale).max(1.1), color);
        let ground = Stroke::new((1.8 * LINE * scale).max(1.3), ground_of(color));
        let points = |line: &[P]| line.iter().map(at).collect::<Vec<_>>();
        for mark in self.marks() {
            let shape = match mark {
                Line(line) => Shape::line(points(line), stroke),
                Loop(line) => Shape::closed_line(points(line), stroke),
                Solid(line) => Shape::Path(PathShape::convex_polygon(points(line), color, Stroke::NONE)),
                Circle(centre, r) => Shape::circle_stroke(at(centre), r * scale, stroke),
                Disc(centre, r) => Shape::circle_filled(at(centre), r * scale, color),
                Arc(centre, r, from, to) => Shape::line(arc(at(centre), r * scale, *from, *to), stroke),
                Frame(a, b, r) => {
                    let corner = CornerRadius::same((f32::from(*r) * scale).round() as u8);
                    Shape::Rect(egui::epaint::RectShape::stroke(Rect::from_two_pos(at(a), at(b)), corner, stroke, StrokeKind::Middle))
                }
                SolidBox(a, b, r) => Shape::rect_filled(Rect::from_two_pos(at(a), at(b)), f32::from(*r) * scale, color),
                Cut(line) => Shape::line(points(line), ground),
                CutDisc(centre, r) => Shape::circle_filled(at(centre), r * scale, ground.color),
            };
            painter.add(shape);
        }
    }

    fn marks(self) -> &'static [Mark] {
        match self {
            Self::Back => &[Line(&[[20.0, 12.0], [4.5, 12.0]]), Line(&[[10.5, 5.5], [4.0, 12.0], [10.5, 18.5]])],
            Self::Play => &[Solid(&[[7.0, 4.5], [8.0, 4.0], [19.3, 11.3], [19.3, 12.7], [8.0, 20.0], [7.0, 19.5]])],
            Self::Pause => &[SolidBox([5.5, 4.0], [10.0, 20.0], 1), SolidBox([14.0, 4.0], [18.5, 20.0], 1)],
            Self::Replay => &[Arc([12.0, 12.5], 7.5, -130.0, 170.0), Line(&[[6.9, 2.6], [7.0, 7.0], [11.4, 6.9]])],
            Self::Rewind => &[Loop(&[[11.0, 6.0], [11.0, 18.0], [3.5, 12.0]]), Loop(&[[20.5, 6.0], [20.5, 18.0], [13.0, 12.0]])],
            Self::Forward => &[Loop(&[[3.5, 6.0], [3.5, 18.0], [11.0, 12.0]]), Loop(&[[13.0, 6.0], [13.0, 18.0], [20.5, 12.0]])],
            Self::Loud => &[Loop(SPEAKER), Arc([12.0, 12.0], 4.0, -50.0, 50.0), Arc([12.0, 12.0], 8.5, -50.0, 50.0)],
            Self::Quiet => &[Loop(SPEAKER), Arc([12.0, 12.0], 4.0, -50.0, 50.0)],
            Self::Muted => &[Loop(SPEAKER), Line(&[[15.5, 9.5], [20.5, 14.5]]), Line(&[[20.5, 9.5], [15.5, 14.5]])],
            Self::Enlarge => &[
                Line(&[[4.0, 9.0], [4.0, 4.0], [9.0, 4.0]]),
                Line(&[[15.0, 4.0], [20.0, 4.0], [20.0, 9.0]]),
                Line(&[[20.0, 15.0], [20.0, 20.0], [15.0, 20.0]]),
                Line(&[[9.0, 20.0], [4.0, 20.0], [4.0, 15.0]]),
            ],
            Self::Shrink => &[
                Line(&[[9.0, 4.0], [9.0, 9.0], [4.0, 9.0]]),
                Line(&[[15.0, 4.0], [15.0, 9.0], [20.0, 9.0]]),
                Line(&[[20.0, 15.0], [15.0, 15.0], [15.0, 20.0]]),
                Line(&[[9.0, 20.0], [9.0, 15.0], [4.0, 15.0]]),
            ],
            Self::SidePanel => &[Frame([3.5, 5.0], [20.5, 19.0], 2), Line(&[[14.5, 5.0], [14.5, 19.0]])],
            Self::More => &[Disc([5.5, 12.0], 1.7), Disc([12.0, 12.0], 1.7), Disc([18.5, 12.0], 1.7)],
            Self::Check => &[Line(&[[4.5, 12.5], [9.5, 17.5], [19.5, 7.0]])],
            Self::Warning => &[
                Solid(&[[11.0, 3.2], [13.0, 3.2], [21.8, 18.8], [20.8, 20.5], [3.2, 20.5], [2.2, 18.8]]),
                Cut(&[[12.0, 9.0], [12.0, 14.0]]),
                CutDisc([12.0, 17.0], 1.5),
            ],
            Self::Octagon => &[
                Solid(&[[8.3, 3.0], [15.7, 3.0], [21.0, 8.3], [21.0, 15.7], [15.7, 21.0], [8.3, 21.0], [3.0, 15.7], [3.0, 8.3]]),
                Cut(&[[12.0, 7.3], [12.0, 12.8]]),
                CutDisc([12.0, 16.2], 1.5),
            ],
            Self::Unplugged => &[
                Line(&[[9.5, 9.0], [15.0, 14.5]]),
                Arc([11.0, 13.0], 6.2, 62.0, 208.0),
                Line(&[[7.3, 16.7], [3.5, 20.5]]),
                Line(&[[13.0, 5.5], [18.5, 11.0]]),
                Line(&[[15.5, 3.0], [13.0, 5.5], [11.5, 7.0]]),
                Line(&[[21.0, 8.5], [17.0, 12.5]]),
            ],
            Self::Eye => &[Loop(EYE), Circle([12.0, 12.0], 3.0)],
            Self::EyeOff => &[Loop(EYE), Circle([12.0, 12.0], 3.0), Line(&[[5.0, 4.0], [19.0, 20.0]])],
            Self::Link => &[
                Line(&[[9.5, 14.5], [14.5, 9.5]]),
                Line(&[[10.5, 7.5], [13.3, 4.7], [15.2, 3.9], [17.2, 4.3], [19.7, 6.8], [20.1, 8.8], [19.3, 10.7], [16.5, 13.5]]),
                Line(&[[13.5, 16.5], [10.7, 19.3], [8.8, 20.1], [6.8, 19.7], [4.3, 17.2], [3.9, 15.2], [4.7, 13.3], [7.5, 10.5]]),
            ],
            Self::Sun => &[
                Circle([12.0, 12.0], 4.2),
                Line(&[[12.0, 2.5], [12.0, 4.5]]),
                Line(&[[12.0, 19.5], [12.0, 21.5]]),
                Line(&[[2.5, 12.0], [4.5, 12.0]]),
                Line(&[[19.5, 12.0], [21.5, 12.0]]),
                Line(&[[5.3, 5.3], [6.7, 6.7]]),
                Line(&[[17.3, 17.3], [18.7, 18.7]]),
                Line(&[[18.7, 5.3], [17.3, 6.7]]),
                Line(&[[6.7, 17.3], [5.3, 18.7]]),
            ],
            Self::Moon => &[Loop(MOON)],
            Self::Language => &[
                Line(&[[3.0, 6.0], [14.0, 6.0]]),
                Line(&[[8.5, 3.5], [8.5, 6.0]]),
                Line(&[[12.0, 6.0], [10.8, 9.5], [7.5, 13.0], [3.5, 15.0]]),
                Line(&[[6.0, 9.0], [8.0, 12.0], [11.0, 14.0]]),
                Line(&[[12.0, 20.5], [16.5, 11.0], [21.0, 20.5]]),
                Line(&[[13.6, 17.2], [19.4, 17.2]]),
            ],
            Self::Leave => &[
                Line(&[[10.0, 20.0], [4.5, 20.0], [4.5, 4.0], [10.0, 4.0]]),
                Line(&[[10.0, 12.0], [20.5, 12.0]]),
                Line(&[[16.5, 7.8], [20.7, 12.0], [16.5, 16.2]]),
            ],
            Self::Record => &[Circle([12.0, 12.0], 8.7), Disc([12.0, 12.0], 4.6)],
            Self::Sheet => &[
                Loop(&[[5.0, 3.5], [19.0, 3.5], [19.0, 20.5], [5.0, 20.5]]),
                Line(&[[8.5, 8.5], [15.5, 8.5]]),
                Line(&[[8.5, 12.0], [15.5, 12.0]]),
                Line(&[[8.5, 15.5], [12.5, 15.5]]),
            ],
            Self::Corners => &[
                Line(&[[6.0, 5.0], [19.0, 6.5], [17.0, 19.0], [4.0, 17.0], [6.0, 5.0]]),
                Disc([6.0, 5.0], 2.2),
                Disc([19.0, 6.5], 2.2),
                Disc([17.0, 19.0], 2.2),
                Disc([4.0, 17.0], 2.2),
            ],
            Self::Pin => &[
                Line(&[[8.0, 3.5], [16.0, 3.5]]),
                Loop(&[[9.5, 3.5], [14.5, 3.5], [15.0, 9.5], [18.0, 14.0], [6.0, 14.0], [9.0, 9.5]]),
                Line(&[[12.0, 14.0], [12.0, 21.0]]),
            ],
            Self::Inset => &[Frame([3.0, 5.0], [21.0, 19.0], 2), SolidBox([12.5, 11.5], [18.5, 16.5], 1)],
            Self::Close => &[Line(&[[5.5, 5.5], [18.5, 18.5]]), Line(&[[18.5, 5.5], [5.5, 18.5]])],
            Self::Film => &[
                Frame([3.0, 5.0], [21.0, 19.0], 1),
                Line(&[[3.0, 9.0], [21.0, 9.0]]),
                Line(&[[3.0, 15.0], [21.0, 15.0]]),
                Line(&[[7.5, 5.0], [7.5, 9.0]]),
                Line(&[[12.0, 5.0], [12.0, 19.0]]),
                Line(&[[16.5, 5.0], [16.5, 9.0]]),
                Line(&[[7.5, 15.0], [7.5, 19.0]]),
                Line(&[[16.5, 15.0], [16.5, 19.0]]),
            ],
            Self::BrokenFile => &[
                Loop(&[[5.0, 3.5], [13.5, 3.5], [19.0, 9.0], [19.0, 20.5], [5.0, 20.5]]),
                Line(&[[13.5, 3.5], [13.5, 9.0], [19.0, 9.0]]),
                Line(&[[9.8, 12.3], [14.2, 16.7]]),
                Line(&[[14.2, 12.3], [9.8, 16.7]]),
            ],
            Self::Clock => &[Circle([12.0, 12.0], 8.7), Line(&[[12.0, 7.0], [12.0, 12.0], [16.0, 12.0]])],
            Self::Watch => {
                &[SolidBox([3.0, 4.0], [21.0, 17.0], 2), Line(&[[8.5, 20.2], [15.5, 20.2]]), Cut(&[[10.6, 8.4], [14.2, 10.5], [10.6, 12.6], [10.6, 8.4]])]
            }
            Self::Shield => &[
                Loop(&[[12.0, 3.0], [19.5, 5.5], [19.5, 11.0], [18.5, 15.0], [16.0, 18.5], [12.0, 21.0], [8.0, 18.5], [5.5, 15.0], [4.5, 11.0], [4.5, 5.5]]),
                Line(&[[8.5, 12.2], [11.0, 14.7], [15.6, 9.6]]),
            ],
            Self::Key => {
                &[Circle([15.5, 8.5], 5.0), Line(&[[12.0, 12.0], [4.5, 19.5], [4.5, 21.0]]), Line(&[[7.5, 16.5], [10.0, 19.0]]), Disc([16.6, 7.4], 1.2)]
            }
            Self::Keyboard => &[
                Frame([2.5, 6.0], [21.5, 18.0], 2),
                Line(&[[6.0, 10.0], [7.5, 10.0]]),
                Line(&[[10.0, 10.0], [11.5, 10.0]]),
                Line(&[[14.0, 10.0], [15.5, 10.0]]),
                Line(&[[18.0, 10.0], [18.5, 10.0]]),
                Line(&[[8.5, 14.2], [15.5, 14.2]]),
            ],
            Self::Server => &[Frame([3.5, 4.5], [20.5, 11.0], 1), Frame([3.5, 13.0], [20.5, 19.5], 1), Disc([16.8, 7.75], 1.1), Disc([16.8, 16.25], 1.1)],
            Self::People => {
                &[Circle([9.0, 9.0], 3.7), Arc([9.0, 20.5], 7.2, -158.0, -22.0), Arc([15.2, 9.0], 3.7, -70.0, 100.0), Arc([14.8, 20.5], 7.2, -80.0, -22.0)]
            }
            Self::Headphones => &[Arc([12.0, 12.0], 8.5, 180.0, 360.0), Frame([3.5, 12.5], [7.5, 19.0], 1), Frame([16.5, 12.5], [20.5, 19.0], 1)],
            Self::Note => &[Circle([8.0, 17.5], 3.2), Line(&[[11.2, 17.5], [11.2, 4.0], [18.5, 6.5], [18.5, 10.0], [11.2, 7.5]])],
            Self::Checks => &[Line(&[[1.5, 12.5], [6.0, 17.0], [15.0, 7.5]]), Line(&[[11.0, 15.5], [12.5, 17.0], [22.0, 7.5]])],
            Self::Seal => &[Loop(SEAL), Line(&[[8.0, 12.5], [11.0, 15.5], [16.5, 9.5]])],
            Self::SealFilled => &[Solid(SEAL_A), Solid(SEAL_B), Cut(&[[8.0, 12.5], [11.0, 15.5], [16.5, 9.5]])],
            Self::Lock => &[
                Frame([4.5, 9.5], [19.5, 20.5], 2),
                Line(&[[8.0, 9.5], [8.0, 7.0], [9.2, 4.7], [12.0, 3.5], [14.8, 4.7], [16.0, 7.0], [16.0, 9.5]]),
                Disc([12.0, 15.0], 1.4),
            ],
            Self::Prohibit => &[Circle([12.0, 12.0], 8.7), Line(&[[5.8, 5.8], [18.2, 18.2]])],
            Self::Flag => &[
                Line(&[[5.0, 21.0], [5.0, 4.0]]),
                Line(&[[5.0, 4.5], [9.0, 3.5], [14.0, 5.5], [19.0, 4.5], [19.0, 14.0], [14.0, 15.0], [9.0, 13.0], [5.0, 14.0]]),
            ],
            Self::Clip => &[
                Line(&[
                    [19.5, 11.5],
                    [11.5, 19.5],
                    [8.5, 20.8],
                    [5.3, 19.6],
                    [3.8, 16.6],
                    [5.0, 13.2],
                    [13.2, 5.0],
                    [15.6, 4.0],
                    [18.0, 5.2],
                    [18.6, 7.6],
                    [17.6, 9.8],
                ]),
                Line(&[[17.6, 9.8], [10.4, 17.0], [8.9, 17.4], [7.7, 16.6], [7.5, 15.2], [8.2, 13.9], [15.0, 7.2]]),
            ],
            Self::Copy => &[Frame([8.5, 3.5], [20.5, 15.5], 2), Line(&[[8.5, 8.5], [3.5, 8.5], [3.5, 20.5], [15.5, 20.5], [15.5, 15.5]])],
            Self::Chat => &[
                Frame([3.5, 4.5], [20.5, 16.5], 3),
                Line(&[[8.0, 16.5], [8.0, 20.5], [12.5, 16.5]]),
                Disc([8.2, 10.5], 1.1),
                Disc([12.0, 10.5], 1.1),
                Disc([15.8, 10.5], 1.1),
            ],
            Self::Search => &[Circle([10.5, 10.5], 6.5), Line(&[[15.3, 15.3], [20.5, 20.5]])],
            Self::Sort => &[
                Line(&[[4.0, 6.0], [11.0, 6.0]]),
                Line(&[[4.0, 12.0], [11.0, 12.0]]),
                Line(&[[4.0, 18.0], [17.0, 18.0]]),
                Line(&[[17.5, 4.0], [17.5, 13.0]]),
                Line(&[[14.0, 9.8], [17.5, 13.3], [21.0, 9.8]]),
            ],
            Self::Chapters => &[
                Disc([4.8, 6.0], 1.4),
                Line(&[[9.0, 6.0], [20.0, 6.0]]),
                Disc([4.8, 12.0], 1.4),
                Line(&[[9.0, 12.0], [20.0, 12.0]]),
                Disc([4.8, 18.0], 1.4),
                Line(&[[9.0, 18.0], [16.0, 18.0]]),
            ],
            Self::Bulb => {
                &[Arc([12.0, 10.0], 6.5, -220.0, 40.0), Line(&[[7.0, 14.2], [9.2, 17.0], [14.8, 17.0], [17.0, 14.2]]), Line(&[[9.5, 20.5], [14.5, 20.5]])]
            }
            Self::Gear => &[Loop(GEAR), Circle([12.0, 12.0], 3.3)],
            Self::Chart => &[Line(&[[3.5, 4.5], [3.5, 19.5], [20.5, 19.5]]), Line(&[[3.5, 15.5], [9.0, 10.5], [13.0, 13.5], [20.0, 7.0]])],
            Self::Broadcast => &[
                Disc([12.0, 12.0], 2.2),
                Arc([12.0, 12.0], 5.4, -52.0, 52.0),
                Arc([12.0, 12.0], 5.4, 128.0, 232.0),
                Arc([12.0, 12.0], 9.4, -52.0, 52.0),
                Arc([12.0, 12.0], 9.4, 128.0, 232.0),
            ],
            Self::Camera => &[Frame([2.5, 6.0], [16.0, 18.0], 2), Loop(&[[16.0, 10.5], [21.5, 7.0], [21.5, 17.0], [16.0, 13.5]])],
            Self::Screen => &[Frame([3.0, 4.5], [21.0, 16.5], 2), Line(&[[8.5, 20.0], [15.5, 20.0]])],
            Self::Microphone => &[Frame([9.0, 3.0], [15.0, 14.0], 3), Arc([12.0, 11.0], 6.5, 5.0, 175.0), Line(&[[12.0, 17.5], [12.0, 21.0]])],
            Self::Snow => &[
                Line(&[[12.0, 3.0], [12.0, 21.0]]),
                Line(&[[4.2, 7.5], [19.8, 16.5]]),
                Line(&[[4.2, 16.5], [19.8, 7.5]]),
                Line(&[[9.5, 4.6], [12.0, 7.0], [14.5, 4.6]]),
                Line(&[[9.5, 19.4], [12.0, 17.0], [14.5, 19.4]]),
                Line(&[[4.4, 10.8], [7.7, 9.5], [7.1, 6.1]]),
                Line(&[[19.6, 13.2], [16.3, 14.5], [16.9, 17.9]]),
                Line(&[[4.4, 13.2], [7.7, 14.5], [7.1, 17.9]]),
                Line(&[[19.6, 10.8], [16.3, 9.5], [16.9, 6.1]]),
            ],
            Self::Hand => &[
                Line(&[[7.2, 13.0], [7.2, 6.0]]),
                Line(&[[10.5, 11.5], [10.5, 3.8]]),
                Line(&[[13.8, 11.5], [13.8, 4.6]]),
                Line(&[[17.0, 14.5], [17.0, 7.2]]),
                Line(&[[7.2, 13.0], [5.2, 11.6], [3.6, 12.8], [6.6, 17.6], [9.0, 20.2], [12.2, 21.0], [15.2, 20.0], [16.6, 17.6], [17.0, 14.5]]),
            ],
            Self::Projector => &[
                Line(&[[3.0, 4.5], [21.0, 4.5]]),
                Loop(&[[4.5, 4.5], [19.5, 4.5], [19.5, 15.5], [4.5, 15.5]]),
                Line(&[[12.0, 15.5], [12.0, 18.5]]),
                Circle([12.0, 20.0], 1.5),
            ],
            Self::Strip => &[Frame([2.5, 8.0], [21.5, 16.0], 2), Disc([7.0, 12.0], 1.8), Line(&[[11.0, 12.0], [18.0, 12.0]])],
            Self::Flask => &[
                Line(&[[8.5, 3.5], [15.5, 3.5]]),
                Line(&[[10.0, 3.5], [10.0, 9.5], [4.5, 18.5], [5.8, 20.5], [18.2, 20.5], [19.5, 18.5], [14.0, 9.5], [14.0, 3.5]]),
                Line(&[[7.0, 14.5], [10.0, 13.8], [13.5, 15.2], [17.0, 14.5]]),
            ],
            Self::Export => &[
                Line(&[[12.0, 14.0], [12.0, 3.5]]),
                Line(&[[8.0, 7.5], [12.0, 3.5], [16.0, 7.5]]),
                Line(&[[8.0, 10.5], [4.5, 10.5], [4.5, 20.5], [19.5, 20.5], [19.5, 10.5], [16.0, 10.5]]),
            ],
            Self::Bolt => &[Loop(&[[13.5, 2.8], [5.0, 13.2], [11.2, 13.2], [10.0, 21.2], [19.0, 10.2], [12.6, 10.2]])],
            Self::Wrench => &[
                Line(&[[12.4, 9.6], [4.2, 17.2], [4.2, 19.8], [6.8, 19.8], [14.4, 11.6]]),
                Line(&[[12.4, 9.6], [12.0, 6.6], [14.0, 4.2], [17.0, 3.6], [14.8, 6.6], [17.4, 9.2], [20.4, 7.0], [19.8, 10.0], [17.4, 12.0], [14.4, 11.6]]),
            ],
            Self::Stop => &[SolidBox([5.5, 5.5], [18.5, 18.5], 1)],
            Self::Arrow => &[Line(&[[9.0, 5.0], [16.0, 12.0], [9.0, 19.0]])],
            Self::Down => &[Line(&[[5.0, 9.0], [12.0, 16.0], [19.0, 9.0]])],
        }
    }
}

fn arc(centre: Pos2, radius: f32, from: f32, to: f32) -> Vec<Pos2> {
    let steps = ((to - from).abs() / 12.0).ceil().max(2.0) as usize;
    let angle = |i: usize| (from + (to - from) * i as f32 / steps as f32).to_radians();
    (0..=steps).map(|i| centre + radius * egui::Vec2::angled(angle(i))).collect()
}

/// Dark on a light fill, light on a dark one.
fn ground_of(fill: Color32) -> Color32 {
    if fill.intensity() > 0.45 { Color32::from_black_alpha(230) } else { Color32::WHITE }
}

/// The mark of the program: a lectern, its desk in the accent.
pub(crate) fn paint_logo(painter: &Painter, rect: Rect, body: Color32, desk: Color32) {
    let edge = rect.width().min(rect.height());
    let scale = edge / GRID;
    let origin = rect.center() - egui::Vec2::splat(edge / 2.0);
    let at = |x: f32, y: f32| pos2(origin.x + x * scale, origin.y + y * scale);
    painter.rect_filled(Rect::from_two_pos(at(1.5, 3.0), at(22.5, 7.6)), 1.0 * scale, desk);
    let trunk = vec![at(5.0, 9.4), at(19.0, 9.4), at(16.6, 17.6), at(7.4, 17.6)];
    painter.add(PathShape::convex_polygon(trunk, body, Stroke::NONE));
    painter.rect_filled(Rect::from_two_pos(at(5.5, 19.2), at(18.5, 22.0)), 0.8 * scale, body);
}
