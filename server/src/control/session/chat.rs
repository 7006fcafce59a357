//! What a session asks the room about private chat.

use lectern_proto::control::{ChatEvent, ChatRequest, Event};

use super::{Member, Session};

impl Session {
    pub(super) async fn chat(&mut self, request: ChatRequest) {
        let Some(Member { presence, .. }) = &self.member else { return };
        let (request, result) = match request {
            ChatRequest::Keys { request, bundle } => (request, presence.keys(bundle).await),
            ChatRequest::Send { request, to, parcel } => (request, presence.send(to, parcel).await),
            ChatRequest::Block { request, person, blocked } => (request, presence.block(person, blocked).await),
            ChatRequest::Mailbox { request, bundle } => (request, presence.open_mailbox(bundle).await),
            ChatRequest::Leave { request, to, parcel } => (request, presence.leave_mail(to, parcel).await),
            ChatRequest::Taken { numbers } => return presence.taken(numbers).await,
            ChatRequest::KeysOf { request, person } => {
                let result = presence.keys_of(person).await;
                return self.core.send(&Event::Chat(ChatEvent::KeysOf { request, result }));
            }
            ChatRequest::Check { request, stamped, mac } => {
                let result = presence.check(stamped, mac).await;
                return self.core.send(&Event::Chat(ChatEvent::Checked { request, result }));
            }
            ChatRequest::Unread { from } => return presence.unread(from),
        };
        self.core.send(&Event::Answer { request, result });
    }
}
