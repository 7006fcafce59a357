//! The window's part of the document camera: orders to it, and corners that are moved.

use lectern_proto::live::pipe::{DocumentOrder, SheetState, are_corners};

use super::super::studio::{Corners, DocumentWish};
use super::Window;
use crate::live::Sheet;

/// Where corners begin where no sheet was found.
const ANYWHERE: Corners = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]];

/// Corners that somebody moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moving {
    pub(super) corners: Corners,
    /// What brings back what was there before.
    before: DocumentOrder,
}

impl Moving {
    /// Begins where the sheet is.
    fn from(sheet: Sheet) -> Self {
        let before = match (sheet.state, sheet.corners) {
            (SheetState::Off, _) => DocumentOrder::Off,
            (SheetState::Held | SheetState::Given, Some(corners)) => DocumentOrder::Corners { corners },
            _ => DocumentOrder::Find,
        };
        // What lies outside of the picture cannot be taken hold of.
        let inside = |corners: Corners| corners.map(|corner| corner.map(|v| v.clamp(0.0, 1.0)));
        let corners = sheet.corners.map(inside).filter(|corners| are_corners(*corners)).unwrap_or(ANYWHERE);
        Self { corners, before }
    }

    /// Moves one, unless that makes no sheet of them.
    fn put(&mut self, corner: usize, to: [f32; 2]) {
        let mut corners = self.corners;
        if let Some(moved) = corners.get_mut(corner) {
            *moved = to;
        }
        if are_corners(corners) {
            self.corners = corners;
        }
    }
}

impl Window {
    /// Carries out a wish.
    pub(super) fn document_wish(&mut self, wish: DocumentWish) {
        let moving = self.studio.moving;
        match wish {
            DocumentWish::Order(order) => {
                self.studio.moving = None;
                self.publishing(|open| open.order_document(order));
            }
            DocumentWish::Corners => {
                let sheet = self.studio.open_source().map(|open| open.sheet());
                self.studio.moving = sheet.map(Moving::from);
                self.publishing(|open| open.order_document(DocumentOrder::Off));
            }
            DocumentWish::Move(corner, to) => self.studio.moving.iter_mut().for_each(|moving| moving.put(corner, to)),
            DocumentWish::Straighten | DocumentWish::Cancel => {
                let Some(moving) = moving else { return };
                let order = if wish == DocumentWish::Straighten { DocumentOrder::Corners { corners: moving.corners } } else { moving.before };
                self.studio.moving = None;
                self.publishing(|open| open.order_document(order));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_begin_at_the_sheet_and_what_was_there_can_be_brought_back() {
        let sheet: Corners = [[0.2, -0.1], [0.8, 0.2], [0.7, 0.9], [0.1, 0.8]];
        let check = |state, corners, begins: Corners, before| {
            assert_eq!(Moving::from(Sheet { state, corners }), Moving { corners: begins, before }, "{state:?}");
        };
        let inside = [[0.2, 0.0], [0.8, 0.2], [0.7, 0.9], [0.1, 0.8]];
        check(SheetState::Found, Some(sheet), inside, DocumentOrder::Find);
        check(SheetState::Held, Some(sheet), inside, DocumentOrder::Corners { corners: sheet });
        check(SheetState::Given, Some(sheet), inside, DocumentOrder::Corners { corners: sheet });
        check(SheetState::Missing, None, ANYWHERE, DocumentOrder::Find);
        check(SheetState::Off, None, ANYWHERE, DocumentOrder::Off);
    }

    #[test]
    fn a_corner_does_not_go_where_it_makes_no_sheet() {
        let mut moving = Moving { corners: ANYWHERE, before: DocumentOrder::Off };
        moving.put(0, [0.3, 0.2]);
        assert_eq!(moving.corners[0], [0.3, 0.2]);
        for (corner, to) in [(0, [0.95, 0.95]), (1, [0.1, 0.5]), (2, [f32::NAN, 0.5]), (9, [0.0, 0.0])] {
            moving.put(corner, to);
        }
        assert_eq!(moving.corners, [[0.3, 0.2], ANYWHERE[1], ANYWHERE[2], ANYWHERE[3]]);
    }
}
