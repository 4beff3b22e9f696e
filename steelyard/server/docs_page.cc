#include <algorithm>

#include "steelyard/server/openapi.h"
#include "steelyard/server/parameters.h"

namespace steelyard::server {
namespace {

std::string html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

/// Text in which `words` between backticks are code.
std::string prose(std::string_view text) {
  std::string marked;
  bool is_code = false;
  for (const char c : html(text)) {
    if (c == '`') {
      marked += is_code ? "</code>" : "<code>";
      is_code = !is_code;
    } else {
      marked += c;
    }
  }
  return is_code ? marked + "</code>" : marked;
}

std::string element(std::string_view name, const std::string& content) {
  return "<" + std::string(name) + ">" + content + "</" + std::string(name) + ">";
}

std::string code_block(std::string_view text) {
  return "<pre><code>" + html(text) + "</code></pre>\n";
}

std::string parameters_html(const Route& route) {
  if (route.parameters.empty()) return {};
  std::string rows;
  for (const Parameter& parameter : route.parameters) {
    std::string must = rule_of(parameter);
    if (parameter.may_repeat) must += "; may repeat";
    if (!parameter.default_value.empty()) must += "; else `" + parameter.default_value + "`";
    rows +=
        element("tr", element("td", "<code>" + html(parameter.name) + "</code>" +
                                        (parameter.is_required ? " <b>required</b>" : "")) +
                          element("td", parameter.in == ParameterIn::path ? "path" : "query") +
                          element("td", prose(must)) + element("td", prose(parameter.description)));
  }
  return "<table><thead><tr><th>parameter</th><th>in</th><th>must be</th><th>meaning</th></tr>"
         "</thead><tbody>" +
         rows + "</tbody></table>\n";
}

std::string content_html(const std::string& media_type, const std::string& description,
                         const std::string& schema, const std::string& example) {
  std::string text = "<p>";
  if (!media_type.empty()) text += "<code>" + html(media_type) + "</code> ";
  text += prose(description) + "</p>\n";
  if (!example.empty()) text += code_block(example);
  if (!schema.empty()) {
    text += "<details><summary>schema</summary>" + code_block(schema) + "</details>\n";
  }
  return text;
}

std::string route_html(const Route& route) {
  const std::string method(name_of(route.method));
  std::string text = "<article id=\"" + html(route.operation_id) + "\" data-search=\"" +
                     html(method + " " + route.path + " " + route.summary) +
                     "\">\n<h3><span class=\"m " + html(method) + "\">" + html(method) +
                     "</span> <code>" + html(route.path) + "</code></h3>\n<p class=\"summary\">" +
                     prose(route.summary) + "</p>\n";
  if (!route.description.empty()) text += element("p", prose(route.description)) + "\n";
  text += "<p class=\"needs\">";
  text += route.scope.has_value() ? "scope <code>" + std::string(name_of(*route.scope)) + "</code>"
                                  : std::string("public");
  if (route.needs_idempotency_key) text += ", needs <code>Idempotency-Key</code>";
  text += "</p>\n" + parameters_html(route);
  if (!route.contents.empty()) text += "<h4>Body</h4>\n";
  for (const RequestContent& content : route.contents) {
    text += content_html(content.media_type, content.description, content.schema, content.example);
  }
  text += "<h4>Call</h4>\n" + code_block(curl_example(route)) + "<h4>Answers</h4>\n";
  for (const ResponseContent& response : route.responses) {
    text += content_html(response.media_type,
                         std::to_string(response.status) + ": " + response.description,
                         response.schema, response.example);
  }
  std::string problems;
  for (const ProblemRow* problem : problems_of(route)) {
    problems += " <a href=\"#problem-" + std::string(problem->word) + "\">" +
                std::to_string(problem->status) + " " + std::string(problem->word) + "</a>";
  }
  return text + "<p class=\"problems\">" + problems + "</p>\n</article>\n";
}

std::string roles_html() {
  std::string rows;
  for (const RoleRow& role : roles()) {
    std::string scopes;
    for (std::size_t i = 0; i < scope_count; ++i) {
      const auto scope = static_cast<Scope>(i);
      if (role.scopes.contains(scope)) {
        scopes += "<code>" + std::string(name_of(scope)) + "</code> ";
      }
    }
    rows += element("tr", element("td", "<code>" + html(role.name) + "</code>") +
                              element("td", html(role.description)) + element("td", scopes));
  }
  return "<section id=\"roles\"><h2>Roles</h2><table><thead><tr><th>role</th><th>is</th>"
         "<th>scopes</th></tr></thead><tbody>" +
         rows + "</tbody></table></section>\n";
}

std::string problems_html() {
  std::string rows;
  for (const ProblemRow& row : problem_rows()) {
    rows += "<tr id=\"problem-" + std::string(row.word) + "\">" +
            element("td", std::to_string(row.status)) +
            element("td", "<code>" + std::string(row.word) + "</code>") +
            element("td", html(row.title)) + element("td", prose(row.remedy)) + "</tr>\n";
  }
  return "<section id=\"problems\"><h2>Problems</h2><table><thead><tr><th>status</th>"
         "<th>code</th><th>title</th><th>what to do</th></tr></thead><tbody>" +
         rows + "</tbody></table></section>\n";
}

constexpr std::string_view style =
    R"css(:root{color-scheme:light dark;--line:#8884;--soft:#8881;--link:#0b62c4}
@media (prefers-color-scheme:dark){:root{--link:#7db4ff}}
*{box-sizing:border-box}
body{margin:0;font:16px/1.55 system-ui,sans-serif;display:grid;grid-template-columns:18rem minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.2rem;border-right:1px solid var(--line);font-size:.86rem}
nav h1{font-size:1.2rem;margin:0 0 .8rem}
nav h2{font-size:.78rem;text-transform:uppercase;letter-spacing:.06em;margin:1.2rem 0 .3rem}
nav ul{list-style:none;margin:0;padding:0}
nav a{display:block;padding:.15rem 0;text-decoration:none;overflow-wrap:anywhere}
nav input{width:100%;padding:.45rem .6rem;font:inherit;border:1px solid var(--line);border-radius:6px}
main{padding:1.2rem 2.4rem 6rem;max-width:64rem}
a{color:var(--link)}
a:focus-visible,input:focus-visible,summary:focus-visible{outline:2px solid var(--link);outline-offset:2px}
article{border-top:1px solid var(--line);padding:1rem 0}
h3 code{font-size:1rem;overflow-wrap:anywhere}
h4{margin:1rem 0 .3rem}
.m{display:inline-block;min-width:4.2rem;text-align:center;font:600 .75rem/1.6 ui-monospace,monospace;border-radius:4px;color:#fff;background:#5b6470}
.GET{background:#2166ac}.POST{background:#1a7f4b}.PUT,.PATCH{background:#9a6700}.DELETE{background:#b42318}
.summary{font-weight:600;margin:.3rem 0}
.needs,.problems{font-size:.86rem;opacity:.85}
pre{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:.7rem .9rem;overflow:auto;font-size:.84rem}
code{font-family:ui-monospace,monospace;font-size:.9em}
table{border-collapse:collapse;width:100%;font-size:.88rem;display:block;overflow-x:auto}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
tr:target,article:target{background:var(--soft)}
[hidden]{display:none}
@media (max-width:52rem){body{display:block}nav{position:static;height:auto;border:0}main{padding:1rem}}
)css";

constexpr std::string_view script = R"js("use strict";
// Shows only the calls whose method, path or summary contain every word that is typed.
const field = document.getElementById("search");
const articles = [...document.querySelectorAll("article")];
const links = new Map([...document.querySelectorAll("nav a[data-for]")].map((a) => [a.dataset.for, a]));
function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const article of articles) {
    const text = article.dataset.search.toLowerCase();
    const shown = words.every((word) => text.includes(word));
    article.hidden = !shown;
    const link = links.get(article.id);
    if (link) link.parentElement.hidden = !shown;
  }
}
field.hidden = false;
field.addEventListener("input", search);
)js";

}  // namespace

std::string_view docs_style() { return style; }
std::string_view docs_script() { return script; }

std::string docs_page(const RouteTable& table, std::string_view version) {
  std::string menu;
  std::string content;
  for (const auto& [tag, description] : table.tags()) {
    std::string entries;
    std::string articles;
    for (const auto& route : table.routes()) {
      if (route->tag != tag) continue;
      entries += "<li><a data-for=\"" + html(route->operation_id) + "\" href=\"#" +
                 html(route->operation_id) + "\">" + html(route->summary) + "</a></li>\n";
      articles += route_html(*route);
    }
    menu += element("h2", html(tag)) + "<ul>\n" + entries + "</ul>\n";
    content += "<section>" + element("h2", html(tag)) +
               (description.empty() ? "" : element("p", prose(description))) + articles +
               "</section>\n";
  }
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
         "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
         "<title>Steelyard HTTP API</title><link rel=\"stylesheet\" href=\"/docs/style.css\">"
         "</head><body>\n<nav><h1>Steelyard " +
         html(version) +
         "</h1><input id=\"search\" type=\"search\" placeholder=\"Find a call\" "
         "aria-label=\"Find a call\" hidden>\n" +
         menu +
         "<h2>Tables</h2><ul><li><a href=\"#roles\">Roles</a></li><li><a href=\"#problems\">"
         "Problems</a></li><li><a href=\"/openapi.json\">OpenAPI 3.1</a></li></ul></nav>\n<main>"
         "<p>Send <code>Authorization: Bearer KEY</code>; the tenant is the key's. Amounts are "
         "exact decimal strings. Examples use <code>$STEELYARD_URL</code> and "
         "<code>$STEELYARD_KEY</code>.</p>\n" +
         content + roles_html() + problems_html() +
         "</main><script src=\"/docs/script.js\"></script></body></html>\n";
}

}  // namespace steelyard::server
