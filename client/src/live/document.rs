//! The document camera of a stream that is published: what it is told, and where it sees the sheet. A window draws and drags the
//! corners with it; the work is the media worker's.

use lectern_proto::live::pipe::{DocumentOrder, SheetState};
use tokio::sync::{mpsc, watch};

/// Orders that wait for the worker. Full: whoever drags a corner says the next place in a moment.
const ORDERS: usize = 8;

/// Where the sheet is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sheet {
    pub state: SheetState,
    /// Top left, top right, bottom right, bottom left, as shares of the width and height of the camera's whole picture; outside of
    /// 0 to 1 they lie outside of it. None while the whole picture is shown.
    pub corners: Option<[[f32; 2]; 4]>,
}

/// A handle on the document mode of a camera. Cheap to clone; it does not keep the stream running. For sources that are no camera, orders
/// change nothing.
#[derive(Debug, Clone)]
pub struct DocumentCamera {
    orders: mpsc::Sender<DocumentOrder>,
    sheet: watch::Receiver<Sheet>,
}

impl DocumentCamera {
    pub(super) fn new() -> (Self, Desk) {
        let (orders, ordered) = mpsc::channel(ORDERS);
        let (told, sheet) = watch::channel(Sheet { state: SheetState::Off, corners: None });
        (Self { orders, sheet }, Desk { ordered, told })
    }

    /// Gives an order. False: it was not taken, because the stream has ended or too many wait.
    pub fn order(&self, order: DocumentOrder) -> bool {
        self.orders.try_send(order).is_ok()
    }

    /// Where the sheet is.
    #[must_use]
    pub fn sheet(&self) -> Sheet {
        *self.sheet.borrow()
    }

    /// Waits until it is somewhere else or something else is known of it; none when the stream has ended.
    pub async fn changed(&mut self) -> Option<Sheet> {
        self.sheet.changed().await.ok()?;
        Some(*self.sheet.borrow_and_update())
    }
}

/// The other end of the handle, beside the worker.
#[derive(Debug)]
pub(super) struct Desk {
    ordered: mpsc::Receiver<DocumentOrder>,
    told: watch::Sender<Sheet>,
}

impl Desk {
    /// The next order; it waits for ever once all handles are gone.
    pub(super) async fn ordered(&mut self) -> DocumentOrder {
        match self.ordered.recv().await {
            Some(order) => order,
            None => std::future::pending().await,
        }
    }

    pub(super) fn tell(&self, sheet: Sheet) {
        self.told.send_replace(sheet);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn orders_go_one_way_and_news_the_other() {
        let (mut camera, mut desk) = DocumentCamera::new();
        assert_eq!(camera.sheet(), Sheet { state: SheetState::Off, corners: None });
        assert!(camera.order(DocumentOrder::Find) && camera.order(DocumentOrder::Hold));
        assert_eq!((desk.ordered().await, desk.ordered().await), (DocumentOrder::Find, DocumentOrder::Hold));
        let there = Sheet { state: SheetState::Found, corners: Some([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]) };
        desk.tell(there);
        assert_eq!((camera.changed().await, camera.sheet()), (Some(there), there));
        // Nobody reads: what is too much is refused, and nothing waits.
        assert!(!(0..=ORDERS).all(|_| camera.order(DocumentOrder::Off)));
        drop(desk);
        assert_eq!((camera.changed().await, camera.order(DocumentOrder::Find)), (None, false));
    }
}
