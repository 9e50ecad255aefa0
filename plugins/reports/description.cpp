#include "description.hpp"

#include <algorithm>
#include <cstdlib>

#include "logo.hpp"
#include "members.hpp"

namespace millrace::reports {

namespace {

using Members = std::map<std::string, std::string_view, std::less<>>;

std::string_view json_in(const Members& members, std::string_view name) {
  const auto found = members.find(name);
  return found == members.end() ? std::string_view() : found->second;
}

job::Json value_in(const Members& members, std::string_view name) {
  const std::string_view json = json_in(members, name);
  return json.empty() ? job::Json() : job::parse(json);
}

std::string text_in(const Members& members, std::string_view name) {
  const job::Json value = value_in(members, name);
  if (job::is_unknown(value)) return std::string(unknown_text);
  return value.IsString() ? std::string(value.GetString(), value.GetStringLength()) : std::string();
}

std::vector<std::string> texts_in(const Members& members, std::string_view name) {
  std::vector<std::string> texts;
  const job::Json value = value_in(members, name);
  if (value.IsString()) texts.emplace_back(value.GetString(), value.GetStringLength());
  if (!value.IsArray()) return texts;
  for (const job::Json& one : value.GetArray())
    if (one.IsString()) texts.emplace_back(one.GetString(), one.GetStringLength());
  return texts;
}

/// The cells of one object, with their names.
std::vector<std::pair<std::string, Cell>> cells_of(std::string_view object, const LocalTimes& times) {
  std::vector<std::pair<std::string, Cell>> cells;
  if (!object.starts_with('{')) return cells;
  Columns columns;
  const std::string lone_row = "[" + std::string(object) + "]";
  read_rows(lone_row, columns, times, [&](const std::vector<Cell>& row) {
    for (std::size_t place = 0; place < row.size(); ++place) cells.emplace_back(columns.names()[place], row[place]);
  });
  return cells;
}

const Cell* find(const std::vector<std::pair<std::string, Cell>>& cells, std::string_view name) {
  const auto found = std::find_if(cells.begin(), cells.end(), [&](const auto& one) { return one.first == name; });
  return found == cells.end() ? nullptr : &found->second;
}

double number_in(const Cell& cell) { return std::strtod(cell.text.c_str(), nullptr); }

void read_figures(Section& section, const Members& members, const LocalTimes& times) {
  const auto now = cells_of(json_in(members, "figures"), times);
  const auto before = cells_of(json_in(members, "before"), times);
  const bool compared = json_in(members, "change").starts_with('{');
  const auto change = cells_of(json_in(members, "change"), times);
  const auto labels = cells_of(json_in(members, "labels"), times);
  section.known = !job::is_unknown(value_in(members, "figures"));
  if (!section.known) return;
  for (const auto& [name, value] : now) {
    const Cell* label = find(labels, name);
    Figure figure{name, label != nullptr ? label->text : label_of(name), value, {}, {}, section.is_share(name)};
    const Cell* one = find(before, name);
    const Cell* said = find(change, name);
    const bool comparable = !compared || (said != nullptr && said->kind == Cell::Kind::number);
    if (one != nullptr && comparable) figure.before = *one;
    const bool numbers = value.kind == Cell::Kind::number && figure.before.kind == Cell::Kind::number;
    if (compared && comparable) figure.change = number_in(*said);
    if (!compared && numbers && number_in(figure.before) != 0)
      figure.change = (number_in(value) - number_in(figure.before)) / std::abs(number_in(figure.before)) * 100;
    section.figures.push_back(std::move(figure));
  }
}

void read_rows_of(Section& section, const Members& members, const LocalTimes& times) {
  section.rows = json_in(members, "rows");
  section.known = section.rows.starts_with('[');
  if (!section.known) section.rows = "[]";
  for (const auto& [heading, member] : cells_of(json_in(members, "columns"), times))
    section.columns.emplace_back(heading, member.text);
  section.total = cells_of(json_in(members, "total"), times);
  section.along = text_in(members, "along");
  section.of = texts_in(members, "of");
  section.by = text_in(members, "by");
}

/// Lines have one axis: of shares, or of other figures.
void check_one_axis(const Section& section) {
  if (!section.by.empty()) return;
  const auto shares = std::count_if(section.of.begin(), section.of.end(),
                                    [&](const std::string& member) { return section.is_share(member); });
  if (shares == 0 || static_cast<std::size_t>(shares) == section.of.size()) return;
  const auto other = std::find_if(section.of.begin(), section.of.end(),
                                  [&](const std::string& member) { return !section.is_share(member); });
  throw job::Failure{"invalid", "sections: shares and \"" + *other +
                                    "\" cannot stand on one axis: draw them in two charts of lines, or as bars"};
}

Section read_section(std::string_view json, const std::vector<std::string>& runs, const LocalTimes& times) {
  const Members members = members_of(json);
  Section section;
  section.heading = text_in(members, "heading");
  section.shares = texts_in(members, "shares");
  section.runs = texts_in(members, "run");
  if (section.runs.empty()) section.runs = runs;
  const std::string chart = text_in(members, "chart");
  if (members.contains("rows")) {
    section.kind = chart == "lines"  ? Section::Kind::lines
                   : chart == "bars" ? Section::Kind::bars
                                     : Section::Kind::table;
    read_rows_of(section, members, times);
    if (!chart.empty() && (section.along.empty() || section.of.empty()))
      throw job::Failure{
          "invalid", "sections: a chart needs along and of: the member along which it goes and those that it draws"};
    if (section.kind == Section::Kind::lines) check_one_axis(section);
  } else if (members.contains("figures")) {
    section.kind = Section::Kind::figures;
    read_figures(section, members, times);
  } else {
    section.text = text_in(members, "text");
  }
  return section;
}

std::optional<job::Day> period_day(const Members& period, std::string_view name) {
  const std::string said = text_in(period, name);
  if (said.empty() || said == unknown_text) return std::nullopt;
  const auto day = job::parse_day(said);
  if (!day)
    throw job::Failure{"invalid",
                       "period." + std::string(name) + ": \"" + said + "\" is no day; write it as 2026-09-21"};
  return day;
}

Brand read_brand(std::string_view json, job::Call& call) {
  Brand brand;
  if (!json.starts_with('{')) return brand;
  const Members members = members_of(json);
  brand.name = text_in(members, "name");
  const std::string logo = text_in(members, "logo");
  if (!logo.empty() && logo != unknown_text) brand.logo = read_logo(logo, call);
  const std::string colour = text_in(members, "colour");
  if (colour.empty() || colour == unknown_text) return brand;
  const auto read = parse_colour(colour);
  if (!read) throw job::Failure{"invalid", "brand.colour: \"" + colour + "\" is no colour; write it as #1f4b7d"};
  brand.colour = *read;
  return brand;
}

/// A report that is nothing but rows is one table, below its figures.
void read_plain_rows(Description& description, const Members& members, const std::vector<std::string>& runs,
                     const LocalTimes& times) {
  if (json_in(members, "summary").starts_with('{')) {
    Section summary;
    summary.kind = Section::Kind::figures;
    summary.runs = runs;
    for (auto& [name, value] : cells_of(json_in(members, "summary"), times))
      summary.figures.push_back({name, label_of(name), value, {}, {}, false});
    description.sections.push_back(std::move(summary));
  }
  Section table;
  table.kind = Section::Kind::table;
  table.runs = runs;
  read_rows_of(table, members, times);
  // Here the rows have come with these columns and no others.
  table.columns.clear();
  for (const std::string& name : texts_in(members, "columns")) table.columns.emplace_back(name, name);
  description.sections.push_back(std::move(table));
}

}  // namespace

bool Section::is_share(std::string_view member) const {
  return std::find(shares.begin(), shares.end(), member) != shares.end();
}

std::string Description::period() const {
  if (!from || !to) return from ? locale->date_in_words(*from) : to ? locale->date_in_words(*to) : "";
  return filled(locale->words.period, {{'b', locale->date_in_words(*from)}, {'n', locale->date_in_words(*to)}});
}

std::string Description::made_where() const {
  const std::string made = std::string(locale->words.made) + " " + made_at;
  return location.empty() ? made : isolated(location) + " · " + made;
}

bool Description::rows_known() const {
  return known && std::all_of(sections.begin(), sections.end(), [](const Section& section) {
           return section.known || section.kind != Section::Kind::table;
         });
}

Description read_description(std::string_view input, job::Call& call) {
  const Members members = members_of(input);
  if (members.contains("rows") && members.contains("sections"))
    throw job::Failure{"invalid", "a report is made of rows or of sections, and both are given"};
  const LocalTimes times(call, LocalTimes::Form::people);
  Description description;
  const std::string locale = text_in(members, "locale");
  description.locale = find_locale(locale.empty() ? "en-GB" : locale);
  if (description.locale == nullptr) throw job::Failure{"invalid", "locale: \"" + locale + "\" is not known"};
  description.title = text_in(members, "title");
  if (description.title.empty()) description.title = "Report";
  description.location = call.location_name();
  description.made = call.now();
  const std::int64_t local = call.now() + call.utc_offset(call.now());
  description.made_at = description.locale->date_in_words(job::day_of(local)) + ", " +
                        times.for_people(call.now()).substr(11, 5) + " " + call.time_zone();
  const std::string_view period = json_in(members, "period");
  if (period.starts_with('{')) {
    const Members days = members_of(period);
    description.from = period_day(days, "from");
    description.to = period_day(days, "to");
    if (description.from && description.to && *description.to < *description.from)
      throw job::Failure{"invalid", "period: it ends on " + job::date_text(*description.to) + ", before it begins on " +
                                        job::date_text(*description.from)};
  }
  description.brand = read_brand(json_in(members, "brand"), call);
  const std::vector<std::string> runs = texts_in(members, "run");
  if (members.contains("rows")) read_plain_rows(description, members, runs, times);
  const std::string_view sections = json_in(members, "sections");
  description.known = sections.empty() || sections.starts_with('[');
  if (sections.starts_with('['))
    for (const std::string_view section : elements_of(sections))
      description.sections.push_back(read_section(section, runs, times));
  return description;
}

std::string label_of(std::string_view member) {
  std::string label(member);
  std::replace(label.begin(), label.end(), '_', ' ');
  if (!label.empty() && label.front() >= 'a' && label.front() <= 'z')
    label.front() = static_cast<char>(label.front() - 'a' + 'A');
  return label;
}

std::optional<job::Day> day_in(const Cell& cell) {
  constexpr std::size_t size_of_a_day = 10;
  if (cell.kind != Cell::Kind::text || cell.text.size() != size_of_a_day) return std::nullopt;
  return job::parse_day(cell.text);
}

std::string shown(const Cell& cell, const Locale& locale, bool share, int least) {
  switch (cell.kind) {
    case Cell::Kind::empty:
      return "";
    case Cell::Kind::number:
      return share ? locale.share(cell.text) : locale.number(cell.text, least);
    case Cell::Kind::word:
      return cell.text;
    case Cell::Kind::text:
      break;
  }
  if (const auto day = day_in(cell)) return locale.date(*day);
  // "2026-03-29 09:00:00", as LocalTimes shows it, or with its offset
  const std::string_view text = cell.text;
  if ((text.size() == 19 || (text.size() == 26 && text[19] == ' ')) && text[10] == ' ' && text[13] == ':')
    if (const auto day = job::parse_day(text.substr(0, 10)))
      return locale.date(*day) + std::string(text.substr(10, 6)) + std::string(text.substr(19));
  return cell.text;
}

std::string isolated(std::string_view text) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char letter) { return static_cast<unsigned char>(letter) < 0x80; });
  // A mark that reads from left to right before it: Pango takes the direction of the whole from the first letter, also
  // from one that is isolated.
  return plain ? std::string(text) : "\u200E\u2068" + std::string(text) + "\u2069";
}

std::string sentence(const Figure& figure, const Locale& locale) {
  const std::string now = figure.value.kind == Cell::Kind::empty ? "–" : shown(figure.value, locale, figure.share);
  const std::string colon = locale.words.language == "fr" ? "\u00A0: " : ": ";
  std::string said = isolated(figure.label) + colon + now;
  if (figure.before.kind == Cell::Kind::empty)
    return said + (figure.change ? " (" + locale.signed_percent(*figure.change) + ")." : ".");
  const std::string before = shown(figure.before, locale, figure.share);
  const std::string by = figure.change ? locale.percent(std::abs(*figure.change), 1) : "";
  const std::string_view pattern = !figure.change       ? locale.words.before
                                   : *figure.change > 0 ? locale.words.more
                                   : *figure.change < 0 ? locale.words.less
                                                        : locale.words.same;
  return said + ", " + filled(pattern, {{'p', by}, {'b', before}}) + ".";
}

}  // namespace millrace::reports
