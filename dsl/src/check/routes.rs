//! The routes that exist.

use policy_engine::Route;

use super::model::DeclaredRoute;
use super::paths::pattern;
use super::{Checked, Checker, Reported};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::limits::MAX_ROUTES;
use crate::openapi;
use crate::syntax::{Api, Plain, StatementKind};

impl Checker<'_> {
    /// The routes of every `api` statement.
    pub(super) fn routes(&mut self) -> Checked<Vec<DeclaredRoute>> {
        let mut routes = Vec::new();
        let mut has_all = Ok(());
        for statement in self.unit.statements() {
            match &statement.kind {
                StatementKind::Api(Api::Routes(written)) => {
                    for (route, path) in
                        written.iter().flat_map(|route| route.paths.iter().map(move |path| (route, path)))
                    {
                        let route = Route { verbs: route.verbs.set(), pattern: pattern(path) };
                        self.add_route(DeclaredRoute { route, span: path.span }, &mut routes)?;
                    }
                }
                StatementKind::Api(Api::File(name)) => match self.described(name) {
                    Ok(described) => {
                        for route in described {
                            self.add_route(route, &mut routes)?;
                        }
                    }
                    Err(Reported) => has_all = Err(Reported),
                },
                _ => {}
            }
        }
        has_all.map(|()| routes)
    }

    /// The routes of an API description.
    fn described(&mut self, name: &Plain) -> Checked<Vec<DeclaredRoute>> {
        let source = *self.unit.attached.get(&name.span).ok_or(Reported)?;
        let (routes, found) = openapi::read(source, self.sources);
        self.diagnostics.extend(found);
        Ok(routes)
    }

    fn add_route(&mut self, route: DeclaredRoute, routes: &mut Vec<DeclaredRoute>) -> Checked<()> {
        if routes.len() >= MAX_ROUTES {
            let message = format!("the policy has more than {MAX_ROUTES} routes");
            let diagnostic = Diagnostic::new(Code::TooManyRoutes, message).at(route.span);
            return Err(self.report(diagnostic.help("make several policies of it, one for each API")));
        }
        routes.push(route);
        Ok(())
    }
}
