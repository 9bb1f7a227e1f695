//! Console access: who may enter which account with which role, for how long, and what is remembered of it.
//!
//! A [`PamResource`] is a role of the customer's that trusts Drawbridge and may assume others. A [`PamAccount`] is one of
//! those others, the role that people work with. A [`PamSession`] is one person's stay in it. The way is always the same:
//! our own role → the resource's role → the account's role, with the project's id as External ID on both hops.
//!
//! **Not here**: how the roles are assumed (`access`), how a session is stored (`store`), any HTTP.

mod account;
mod actor;
mod console;
mod duration;
mod metadata;
mod removal;
mod request;
mod resource;
mod session;
mod session_name;
mod steps;
mod termination;
mod trail;

pub use account::{CreateAccount, PamAccount, UpdateAccount};
pub use actor::{AccessList, Asker};
pub use console::{
    Destination, DestinationFault, SIGN_IN_LINK_LIFETIME, SignInEndpoint, login_url, token_request,
};
pub use duration::{NotASessionDuration, SessionDuration};
pub use metadata::Metadata;
pub use removal::Setback;
pub use request::{AccessRequest, Wanted};
pub use resource::{CreateResource, PamResource, UpdateResource};
pub use session::{
    AccessMethod, OPENING_DEADLINE, PamSession, SessionActor, SessionState, SessionStatus, Termination,
};
pub use session_name::SessionName;
pub use steps::NotInThatState;
pub use termination::{
    UserId, chaining_permission, deny_policy, ending_policy, proof_policy, removal_policy,
    required_permission, target_trust_policy,
};
pub use trail::{event_history_url, lookup_policy, session_arn};
