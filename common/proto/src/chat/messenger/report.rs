//! Reports: a message is shown to an instructor with what proves it, and to nobody else.

use std::time::Duration;

use rand_core::CryptoRng;

use super::super::IdentityId;
use super::super::content::{Content, MessageId};
use super::super::stamp::{Evidence, Stamped};
use super::{Messenger, News, Output, Token, WriteError, new_id};
use crate::control::PersonId;
use crate::limits::{CHAT_ANSWER_WAIT, CHAT_REPORTS_MAX};

/// A message that somebody reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// Who reports it: it was written to them.
    pub by: PersonId,
    /// Who wrote it, by the server's stamp.
    pub wrote: PersonId,
    pub identity: IdentityId,
    /// When the server relayed it, milliseconds since 1970.
    pub at_ms: i64,
    pub text: String,
    /// What the sender's program committed to is this text, and the server's stamp is on it; none: the server did not say.
    pub proven: Option<bool>,
}

impl Messenger {
    /// Shows messages of somebody to an instructor, each with its proof; nothing else is shown.
    ///
    /// # Errors
    /// [`WriteError`]; none was sent then.
    pub fn report<R: CryptoRng + ?Sized>(
        &mut self,
        now: Duration,
        rng: &mut R,
        of: PersonId,
        ids: &[MessageId],
        to: PersonId,
    ) -> Result<Vec<MessageId>, WriteError> {
        let (own, me) = (self.id(), self.me.ok_or(WriteError::Gone)?);
        let conversation = self.conversations.get(&of).ok_or(WriteError::NoSuchMessage)?;
        let sender = conversation.identity.ok_or(WriteError::NoSuchMessage)?;
        let evidence = |id: &MessageId| {
            let item = conversation.items.iter().find(|i| i.id == *id && !i.own)?;
            let proof = item.proof.as_deref()?;
            let stamped = Stamped { from: of, sender, to: me, recipient: own, commitment: proof.commitment, at_ms: proof.stamp.at_ms };
            Some(Evidence {
                stamped,
                mac: proof.stamp.mac,
                key: proof.key,
                counter: proof.counter,
                opening: proof.opening,
                series: proof.series,
                number: proof.number,
                id: item.id,
                sent_ms: item.sent_ms,
                text: item.text.to_string(),
            })
        };
        let shown: Vec<_> = ids.iter().map(evidence).collect::<Option<_>>().ok_or(WriteError::NoSuchMessage)?;
        let mut sent = Vec::new();
        for evidence in shown {
            let id = new_id(rng);
            self.enqueue(rng, to, Content::Report { id, evidence: Box::new(evidence) })?;
            sent.push(id);
        }
        self.pump(now, rng, to);
        Ok(sent)
    }

    /// Looks at what somebody reports: what was not written to them they cannot report.
    pub(super) fn look_at_report(&mut self, now: Duration, (by, identity): (PersonId, IdentityId), evidence: Evidence) {
        let Evidence { stamped, mac, .. } = evidence;
        let shows = evidence.shows() && stamped.recipient == identity;
        let reported =
            Reported { by, wrote: stamped.from, identity: stamped.sender, at_ms: stamped.at_ms, text: evidence.text, proven: (!shows).then_some(false) };
        if !shows {
            return self.add_report(reported);
        }
        let token = self.token();
        self.checks.insert(token, (reported, now + CHAT_ANSWER_WAIT));
        self.outputs.push_back(Output::Check { token, stamped: Box::new(stamped), mac });
    }

    /// What the server says of a stamp; none: nothing.
    pub fn checked(&mut self, token: Token, is_own: Option<bool>) {
        if let Some((mut reported, _)) = self.checks.remove(&token) {
            reported.proven = is_own;
            self.add_report(reported);
        }
    }

    fn add_report(&mut self, reported: Reported) {
        if self.reports.len() < CHAT_REPORTS_MAX {
            self.reports.push(reported.clone());
        }
        self.outputs.push_back(Output::News(News::Reported(Box::new(reported))));
    }
}
