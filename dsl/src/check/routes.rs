//! The routes that exist.

use policy_engine::Route;

use super::paths::pattern;
use super::{Checked, Checker};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::MAX_ROUTES;
use crate::syntax::{self, Api, StatementKind};

impl Checker<'_> {
    /// The routes of every `api` block.
    pub(super) fn routes(&mut self) -> Checked<Vec<Route>> {
        let mut routes = Vec::new();
        for statement in self.unit.statements() {
            match &statement.kind {
                StatementKind::Api(Api::Routes(written)) => {
                    for route in written {
                        self.add_routes(route, &mut routes)?;
                    }
                }
                StatementKind::Api(Api::File(name)) => {
                    let message = format!(
                        "`{}` is not loaded: this version takes routes from `api {{ … }}` only",
                        name.node
                    );
                    let help = "write the routes out: `api { GET /users … }`";
                    self.report(Diagnostic::new(Code::ApiFileNotLoaded, message).at(name.span).help(help));
                }
                _ => {}
            }
        }
        Ok(routes)
    }

    fn add_routes(&mut self, route: &syntax::Route, routes: &mut Vec<Route>) -> Checked<()> {
        for path in &route.paths {
            if routes.len() >= MAX_ROUTES {
                let message = format!("the policy has more than {MAX_ROUTES} routes");
                return Err(self.report(Diagnostic::new(Code::TooManyRoutes, message).at(path.span)));
            }
            routes.push(Route { verbs: route.verbs.set(), pattern: pattern(path) });
        }
        Ok(())
    }
}
