//! The list of what a function answers, and to whom.

use std::fmt;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, on};
use http::Method;
use model::bearer::Refusal;
use model::membership::ActorKind;

#[cfg(debug_assertions)]
use crate::openapi::Operation;
use crate::signature::Signature;
use crate::{Caller, Problem};

/// Who may call a route at all; what they may do there is each handler's question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody: logins and the status.
    Open,
    /// Whoever has a valid token.
    Caller,
    /// People alone.
    Person,
    /// Machine identities alone.
    Machine,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with its parameters as `{name}`: API Gateway's spelling and the router's.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
}

/// What a function answers. Every route says who may call it, and nobody else gets as far as its handler.
pub struct Routes<S> {
    router: Router<S>,
    list: Vec<Route>,
    #[cfg(debug_assertions)]
    descriptions: Vec<fn(&Route) -> Operation>,
}

impl<S> fmt::Debug for Routes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.list).finish()
    }
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No route yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            router: Router::new(),
            list: Vec::new(),
            #[cfg(debug_assertions)]
            descriptions: Vec::new(),
        }
    }

    /// `GET path`.
    #[must_use]
    pub fn get<H: Handler<T, S> + Signature<T>, T: 'static>(
        self,
        access: Access,
        path: &'static str,
        handler: H,
    ) -> Self {
        self.route(Method::GET, MethodFilter::GET, access, path, handler)
    }

    /// `POST path`.
    #[must_use]
    pub fn post<H: Handler<T, S> + Signature<T>, T: 'static>(
        self,
        access: Access,
        path: &'static str,
        handler: H,
    ) -> Self {
        self.route(Method::POST, MethodFilter::POST, access, path, handler)
    }

    /// `PUT path`.
    #[must_use]
    pub fn put<H: Handler<T, S> + Signature<T>, T: 'static>(
        self,
        access: Access,
        path: &'static str,
        handler: H,
    ) -> Self {
        self.route(Method::PUT, MethodFilter::PUT, access, path, handler)
    }

    /// `PATCH path`.
    #[must_use]
    pub fn patch<H: Handler<T, S> + Signature<T>, T: 'static>(
        self,
        access: Access,
        path: &'static str,
        handler: H,
    ) -> Self {
        self.route(Method::PATCH, MethodFilter::PATCH, access, path, handler)
    }

    /// `DELETE path`.
    #[must_use]
    pub fn delete<H: Handler<T, S> + Signature<T>, T: 'static>(
        self,
        access: Access,
        path: &'static str,
        handler: H,
    ) -> Self {
        self.route(Method::DELETE, MethodFilter::DELETE, access, path, handler)
    }

    /// The routes in the order in which they were listed.
    #[must_use]
    pub fn list(&self) -> &[Route] {
        &self.list
    }

    /// What each route takes and answers, as its handler's types tell it. Runs every reader many times.
    #[cfg(debug_assertions)]
    #[must_use]
    pub fn describe(&self) -> Vec<Operation> {
        self.list.iter().zip(&self.descriptions).map(|(route, describe)| describe(route)).collect()
    }

    /// The router over `state`.
    pub(crate) fn into_router(self, state: S) -> Router {
        let absent = async || Problem::not_found("There is no such route");
        self.router.fallback(absent).method_not_allowed_fallback(absent).with_state(state)
    }

    fn route<H: Handler<T, S> + Signature<T>, T: 'static>(
        mut self,
        method: Method,
        filter: MethodFilter,
        access: Access,
        path: &'static str,
        handler: H,
    ) -> Self {
        let gate = middleware::from_fn(move |request: Request, next: Next| async move {
            let mut response = admit(access, request, next).await.into_response();
            response.extensions_mut().insert(Taken(path));
            response
        });
        self.router = self.router.route(path, on(filter, handler).layer(gate));
        #[cfg(debug_assertions)]
        self.descriptions.push(Operation::of::<H, T>);
        self.list.push(Route { method, path, access });
        self
    }
}

/// The route that answered, in the spelling of the list.
#[derive(Clone, Copy)]
pub(crate) struct Taken(pub(crate) &'static str);

/// What `edge` found out about the caller, before the route is known.
#[derive(Clone)]
pub(crate) struct Verdict(pub(crate) Result<Caller, Problem>);

/// Lets a request through to its handler when the caller is one whom the route wants.
async fn admit(access: Access, mut request: Request, next: Next) -> Result<Response, Problem> {
    if access == Access::Open {
        return Ok(next.run(request).await);
    }
    let verdict = request.extensions_mut().remove::<Verdict>();
    let caller = verdict.map_or_else(|| Err(Problem::from(Refusal::Missing)), |Verdict(verdict)| verdict)?;
    match (access, caller.kind) {
        (Access::Person, ActorKind::Identity) => {
            return Err(Problem::forbidden("This route is for people; a machine identity may not call it"));
        }
        (Access::Machine, ActorKind::User) => {
            return Err(Problem::forbidden("This route is for machine identities; a person may not call it"));
        }
        (
            Access::Open | Access::Caller | Access::Person | Access::Machine,
            ActorKind::Identity | ActorKind::User,
        ) => {}
    }
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}
