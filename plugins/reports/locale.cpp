#include "locale.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "numbers.hpp"

namespace millrace::reports {

namespace {

constexpr Words english = {"en",
                           "Page",
                           "Made",
                           "Run",
                           "Total",
                           "Where the numbers come from",
                           "There are no rows.",
                           "There is nothing to draw.",
                           "{b} to {n}",
                           "{p} more than in the period before ({b})",
                           "{p} less than in the period before ({b})",
                           "as much as in the period before",
                           "{b} in the period before",
                           "{b} before",
                           "{n} more are not shown",
                           {"January", "February", "March", "April", "May", "June", "July", "August", "September",
                            "October", "November", "December"}};
constexpr Words german = {"de",
                          "Seite",
                          "Erstellt",
                          "Lauf",
                          "Gesamt",
                          "Woher die Zahlen stammen",
                          "Es gibt keine Zeilen.",
                          "Es gibt nichts zu zeichnen.",
                          "{b} bis {n}",
                          "{p} mehr als im Zeitraum davor ({b})",
                          "{p} weniger als im Zeitraum davor ({b})",
                          "so viel wie im Zeitraum davor",
                          "{b} im Zeitraum davor",
                          "zuvor {b}",
                          "{n} weitere sind nicht gezeigt",
                          {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
                           "Oktober", "November", "Dezember"}};
constexpr Words french = {"fr",
                          "Page",
                          "Créé le",
                          "Exécution",
                          "Total",
                          "D’où viennent les chiffres",
                          "Il n’y a aucune ligne.",
                          "Il n’y a rien à tracer.",
                          "{b} au {n}",
                          "{p} de plus que sur la période précédente ({b})",
                          "{p} de moins que sur la période précédente ({b})",
                          "autant que sur la période précédente",
                          "{b} sur la période précédente",
                          "{b} avant",
                          "{n} autres ne sont pas montrés",
                          {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
                           "octobre", "novembre", "décembre"}};
constexpr Words spanish = {"es",
                           "Página",
                           "Creado",
                           "Ejecución",
                           "Total",
                           "De dónde vienen las cifras",
                           "No hay filas.",
                           "No hay nada que dibujar.",
                           "{b} a {n}",
                           "{p} más que en el período anterior ({b})",
                           "{p} menos que en el período anterior ({b})",
                           "lo mismo que en el período anterior",
                           "{b} en el período anterior",
                           "{b} antes",
                           "{n} más no se muestran",
                           {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
                            "octubre", "noviembre", "diciembre"}};

constexpr std::string_view thin_space = "\u202F", hard_space = "\u00A0";

// The first of a language is the one that its name alone means.
constexpr Locale locales[] = {
    {"en-GB", english, ".", ",", 4, "", "%d/%m/%Y", "%e %B %Y", false},
    {"en-US", english, ".", ",", 4, "", "%m/%d/%Y", "%B %e, %Y", true},
    {"de-DE", german, ",", ".", 4, hard_space, "%d.%m.%Y", "%e. %B %Y", false},
    {"fr-FR", french, ",", thin_space, 4, hard_space, "%d/%m/%Y", "%e %B %Y", false},
    {"es-ES", spanish, ",", ".", 5, hard_space, "%d/%m/%Y", "%e de %B de %Y", false},
};

std::string date_as(std::string_view pattern, job::Day day, const Words& words) {
  const std::chrono::year_month_day date(day);
  const auto padded = [](unsigned number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  std::string text;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] != '%') {
      text += pattern[at];
      continue;
    }
    switch (pattern[++at]) {
      case 'd':
        text += padded(static_cast<unsigned>(date.day()));
        break;
      case 'e':
        text += std::to_string(static_cast<unsigned>(date.day()));
        if (words.language == "fr" && date.day() == std::chrono::day(1)) text += "er";
        break;
      case 'm':
        text += padded(static_cast<unsigned>(date.month()));
        break;
      case 'B':
        text += words.months[static_cast<unsigned>(date.month()) - 1];
        break;
      default:
        text += std::to_string(static_cast<int>(date.year()));
    }
  }
  return text;
}

}  // namespace

std::string Locale::number(std::string_view digits, int least) const {
  const std::string read = readable_number(digits);
  return grouped(read, std::max(least, decimals_of(read)));
}

std::string Locale::grouped(std::string_view digits, int decimals) const {
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  const std::string plain = with_decimals(digits, decimals);
  const std::size_t dot = std::min(plain.find('.'), plain.size());
  std::string text = negative && plain.find_first_of("123456789") != std::string::npos ? "\u2212" : "";
  for (std::size_t at = 0; at < dot; ++at) {
    if (at > 0 && dot >= least_grouped && (dot - at) % 3 == 0) text += group;
    text += plain[at];
  }
  if (dot < plain.size()) text.append(point).append(plain, dot + 1);
  return text;
}

std::string Locale::percent(double percent, int decimals) const {
  char digits[400];
  std::snprintf(digits, sizeof digits, "%.*f", decimals + 3, percent);
  return grouped(digits, decimals) + std::string(before_percent) + "%";
}

std::string Locale::signed_percent(double of) const { return (of > 0 ? "+" : "") + percent(of, 1); }

std::string Locale::share(std::string_view digits) const {
  return percent(std::strtod(std::string(digits).c_str(), nullptr) * 100, 2);
}

std::string Locale::date(job::Day day) const { return date_as(short_date, day, words); }

std::string Locale::date_in_words(job::Day day) const { return date_as(long_date, day, words); }

const Locale* find_locale(std::string_view name) {
  for (const Locale& locale : locales)
    if (locale.name == name || locale.words.language == name) return &locale;
  return nullptr;
}

std::string filled(std::string_view pattern, std::initializer_list<std::pair<char, std::string_view>> values) {
  std::string text;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const bool hole = pattern[at] == '{' && at + 2 < pattern.size() && pattern[at + 2] == '}';
    const auto value = std::find_if(values.begin(), values.end(),
                                    [&](const auto& one) { return hole && one.first == pattern[at + 1]; });
    if (value == values.end()) {
      text += pattern[at];
    } else {
      text += value->second;
      at += 2;
    }
  }
  return text;
}

}  // namespace millrace::reports
