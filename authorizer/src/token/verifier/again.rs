//! Tokens that were answered before.

use super::{Issuer, Recognised, Verifier};
use crate::cache::Verified;
use crate::response::KeptAnswer;
use crate::token::claims;

impl Verifier {
    /// Remembers what a token is answered with whose answer can be kept.
    pub(crate) fn keep_answer(&self, recognised: &Recognised<'_>, answer: KeptAnswer) {
        let token = &recognised.token;
        let issuer = self.issuers.iter().find(|issuer| issuer.id == token.issuer());
        let accepted = issuer
            .filter(|issuer| self.is_alone(issuer))
            .and_then(|issuer| claims::times(&issuer.config, token.claims()));
        self.verified.keep_answer(recognised.text, answer.with_accepted(accepted.unwrap_or(0..0)));
    }

    /// Whether no other issuer has the same `url`: tokens are of it or of none.
    fn is_alone(&self, issuer: &Issuer) -> bool {
        self.issuers.iter().all(|other| other.id == issuer.id || other.config.url != issuer.config.url)
    }

    /// The issuer whose settings accept a token, if all was asked of its claims before that could be asked now.
    pub(super) fn issuer_known(&self, token: &Verified, now: i64) -> Option<&Issuer> {
        let answer = token.answer.as_ref().filter(|_| self.keeps_answers)?;
        let id = answer.issuer_at(now)?;
        self.issuers.iter().find(|issuer| issuer.id == id)
    }

    #[cfg(test)]
    pub(crate) fn kept_answers(&self) -> usize {
        self.verified.answers()
    }
}
