//! What was ordered from an authority in a month: a counter beside the authority, changed in the transactions of its orders.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use model::certificate::{Counted, Spend};
use model::id::CertificateAuthorityId;

use crate::certificate_authority;
use crate::change::{Request, key};
use crate::entity::{Entity, Stored};
use crate::error::{Conflict, ReadError};
use crate::keys::Keys;
use crate::{Change, Store};

/// The budget of the month has no room.
pub(super) const OVER_BUDGET: &str = "the monthly budget of the certificate authority is used up";

const COUNT: &str = "SET #kind = :kind, created_at = if_not_exists(created_at, :now), updated_at = :now, \
                     certificate_authority_id = :authority, #month = :month ADD #orders :step, version :one";

impl Entity for Spend {
    const KIND: &'static str = "spend";

    fn keys(&self) -> Keys {
        Keys::within(certificate_authority::key(self.certificate_authority_id), position(&self.month))
    }
}

fn position(month: &str) -> String {
    format!("SPEND#{month}")
}

impl Store {
    /// What was ordered from an authority in a month (`2026-11`); `None`: nothing. One strongly consistent GetItem.
    ///
    /// # Errors
    /// [`ReadError`] when the table cannot be read.
    pub async fn spend(
        &self,
        authority: CertificateAuthorityId,
        month: &str,
    ) -> Result<Option<Stored<Spend>>, ReadError> {
        self.get(&certificate_authority::key(authority), &position(month)).await
    }
}

impl Change {
    /// One order more or less in the spend of an authority.
    #[must_use]
    pub(super) fn count_spend(
        mut self,
        authority: CertificateAuthorityId,
        counted: &Counted,
        budget: Option<u32>,
    ) -> Self {
        let (month, step, budget) = match counted {
            Counted::Same => return self,
            Counted::Taken(paid) => (&paid.month, 1, budget),
            Counted::GivenBack(paid) => (&paid.month, -1, None),
        };
        let text = |text: String| AttributeValue::S(text);
        let number = |number: i64| AttributeValue::N(number.to_string());
        let mut values = HashMap::from([
            (":kind".to_owned(), text(Spend::KIND.to_owned())),
            (":now".to_owned(), text(self.now().to_string())),
            (":authority".to_owned(), text(authority.to_string())),
            (":month".to_owned(), text(month.clone())),
            (":step".to_owned(), number(step)),
            (":one".to_owned(), number(1)),
        ]);
        let condition = budget.map(|budget| {
            values.insert(":budget".to_owned(), number(i64::from(budget)));
            // With a budget of nothing, the first is one too many.
            if budget == 0 {
                "#orders < :budget"
            } else {
                "attribute_not_exists(#orders) OR #orders < :budget"
            }
            .to_owned()
        });
        let key = key(&certificate_authority::key(authority), &position(month));
        let request = Request::Update { key, expression: COUNT.to_owned(), condition, values };
        self.push(request, Conflict::Unmet(OVER_BUDGET));
        self
    }
}
