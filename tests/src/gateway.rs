//! How API Gateway finds the route of a request.

use crate::template::TemplateRoute;

/// The route that API Gateway chooses for a request: a route with exactly these segments before a greedy one, more
/// literal text before less, the method itself before `ANY`.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>
#[must_use]
pub fn chosen<'a>(routes: &'a [TemplateRoute], method: &str, path: &str) -> Option<&'a TemplateRoute> {
    let fitting = routes.iter().filter(|route| route.method == method || route.method == "ANY");
    let ranked = fitting.filter_map(|route| {
        let (full, literal) = fit(&route.path, path)?;
        Some(((full, literal, route.method == method), route))
    });
    ranked.max_by_key(|(rank, _)| *rank).map(|(_, route)| route)
}

/// Whether a path fits a route, and how: completely or by its greedy end, and with how many literal segments.
fn fit(route: &str, path: &str) -> Option<(bool, usize)> {
    let mut segments = path.split('/');
    let mut literal = 0;
    for pattern in route.split('/') {
        if pattern.starts_with('{') && pattern.ends_with("+}") {
            // A greedy end wants at least one character.
            return segments.next().filter(|first| !first.is_empty()).map(|_| (false, literal));
        }
        let segment = segments.next()?;
        match pattern.starts_with('{') {
            true if segment.is_empty() => return None,
            true => {}
            false if segment == pattern => literal += 1,
            false => return None,
        }
    }
    segments.next().is_none().then_some((true, literal))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(keys: &[&str]) -> Vec<TemplateRoute> {
        let route = |key: &&str| {
            let (method, path) = key.split_once(' ').unwrap_or_default();
            let (method, path) = (method.to_owned(), path.to_owned());
            TemplateRoute { crate_name: String::new(), method, path, open: false }
        };
        keys.iter().map(route).collect()
    }

    // The example of AWS's page on routes.
    #[test]
    fn the_most_specific_route_is_chosen_as_the_gateway_does() {
        let routes = routes(&[
            "ANY /{proxy+}",
            "GET /pets/{proxy+}",
            "GET /pets/dog/{id}",
            "GET /pets/dog/1",
            "ANY /pets/dog/1",
        ]);
        for (request, expected) in [
            ("GET /pets/dog/1", "GET /pets/dog/1"),
            ("GET /pets/dog/2", "GET /pets/dog/{id}"),
            ("GET /pets/cat/1", "GET /pets/{proxy+}"),
            ("POST /test/5", "ANY /{proxy+}"),
            ("POST /pets/dog/1", "ANY /pets/dog/1"),
        ] {
            let (method, path) = request.split_once(' ').unwrap_or_default();
            let route = chosen(&routes, method, path).map(|route| format!("{} {}", route.method, route.path));
            assert_eq!(route.as_deref(), Some(expected), "{request}");
        }
    }

    #[test]
    fn a_trailing_slash_is_another_path_and_a_greedy_end_is_never_empty() {
        let routes = routes(&["GET /api/v1/projects", "ANY /api/v1/projects/{proxy+}"]);
        assert!(chosen(&routes, "GET", "/api/v1/projects/").is_none());
        assert!(chosen(&routes, "POST", "/api/v1/projects").is_none());
        assert!(chosen(&routes, "POST", "/api/v1/projects/1/").is_some());
    }
}
