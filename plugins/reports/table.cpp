#include "table.hpp"

#include <rapidjson/reader.h>

#include <algorithm>
#include <utility>

#include "../support/job.hpp"
#include "numbers.hpp"

namespace millrace::reports {

Columns::Columns(std::vector<std::string> chosen) : names_(std::move(chosen)), chosen_(true) {
  for (std::size_t place = 0; place < names_.size(); ++place) places_.emplace(names_[place], place);
}

std::optional<std::size_t> Columns::place_of(std::string_view name, std::size_t guess) {
  if (guess < names_.size() && names_[guess] == name) return meet(guess);
  const auto known = places_.find(std::string(name));
  if (known != places_.end()) return meet(known->second);
  if (chosen_) return std::nullopt;
  names_.emplace_back(name);
  places_.emplace(names_.back(), names_.size() - 1);
  return meet(names_.size() - 1);
}

std::size_t Columns::meet(std::size_t place) {
  if (met_.size() < names_.size()) met_.resize(names_.size());
  met_[place] = true;
  return place;
}

namespace {

using rapidjson::SizeType;

constexpr std::string_view unknown_key = "$unknown";
constexpr std::string_view value_column = "value";

/// Takes what the JSON reader meets in a list of rows and makes cells of it.
class RowHandler {
 public:
  RowHandler(std::string_view text, const rapidjson::MemoryStream& stream, Columns& columns, const LocalTimes& times,
             const std::function<void(const std::vector<Cell>&)>& visit)
      : text_(text), stream_(stream), columns_(columns), times_(times), visit_(visit) {}

  const TableNotes& notes() const { return notes_; }

  bool Null() { return value(Cell::Kind::empty, "null", ""); }
  bool Bool(bool is) { return value(Cell::Kind::word, is ? "true" : "false", is ? "true" : "false"); }
  bool Int(int) { return false; }  // numbers come as texts
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool RawNumber(const char* digits, SizeType size, bool) {
    const std::string plain = plain_number({digits, size});
    const bool read = captured_ && times_.form() == LocalTimes::Form::people;
    return value(Cell::Kind::number, read ? readable_number(plain) : plain, plain);
  }
  bool String(const char* text, SizeType size, bool) {
    if (!captured_ && awaits_unknown_) {
      awaits_unknown_ = false;
      held_ = std::string(text, size);
      return true;
    }
    const auto time = times_.shown({text, size});
    const std::string_view shown = time ? std::string_view(time->text) : std::string_view(text, size);
    return value(Cell::Kind::text, shown, shown, time ? std::optional(time->instant) : std::nullopt);
  }

  bool StartArray() {
    if (!in_rows_) {
      in_rows_ = true;
      return true;
    }
    if (captured_) {
      captured_->nested = true;
      ++captured_->depth;
    } else {
      begin_capture();
    }
    return true;
  }
  bool EndArray(SizeType) {
    if (captured_) return end_nested();
    return true;
  }
  bool StartObject() {
    if (captured_) {
      captured_->nested = true;
      ++captured_->depth;
    } else if (objects_.empty()) {
      objects_.push_back({0, 0});
      path_.clear();
    } else if (columns_.chosen()) {
      begin_capture();
      captured_->nested = true;
    } else {
      path_ += '.';
      objects_.push_back({path_.size(), 0});
    }
    awaits_unknown_ = false;
    return true;
  }
  bool Key(const char* name, SizeType size, bool) {
    if (captured_) return true;
    release_held();
    Object& object = objects_.back();
    path_.resize(object.prefix);
    path_.append(job::name_in_data({name, size}));
    awaits_unknown_ = object.members++ == 0 && std::string_view(name, size) == unknown_key;
    return true;
  }
  bool EndObject(SizeType) {
    if (captured_) return end_nested();
    const Object ended = objects_.back();
    const bool unknown = held_ && ended.members == 1;
    if (!unknown) release_held();
    held_.reset();
    objects_.pop_back();
    if (objects_.empty()) {
      if (unknown) {
        path_ = value_column;
        put_unknown();
      }
      end_row();
    } else {
      path_.resize(ended.prefix - 1);
      if (unknown) put_unknown();
    }
    return true;
  }

 private:
  struct Object {
    std::size_t prefix;  ///< of the path, for the names of its members
    std::size_t members;
  };
  /// A list, or an object in a chosen column, of which one cell is made.
  struct Capture {
    std::size_t begin;
    int depth = 1;
    bool nested = false;  ///< holds more than plain values
    bool first = true;
    std::string joined = {};
  };

  void begin_capture() {
    // The reader tells of a bracket before it goes over it.
    captured_.emplace(Capture{stream_.Tell()});
    awaits_unknown_ = false;
  }

  bool end_nested() {
    if (--captured_->depth > 0) return true;
    const Capture ended = std::move(*captured_);
    captured_.reset();
    const std::string_view json = text_.substr(ended.begin, stream_.Tell() + 1 - ended.begin);
    const bool holds_unknown = json.find("{\"$unknown\":") != std::string_view::npos;
    if (holds_unknown && json.front() == '{') return put_unknown(), true;
    if (holds_unknown) notes_.unknown = true;
    const bool outside = objects_.empty();
    if (outside) path_ = value_column;
    put(Cell::Kind::text, ended.nested ? job::json_in_data(std::string(json)) : ended.joined);
    if (outside) end_row();
    return true;
  }

  /// `plain` is how it stands in a list of plain values.
  bool value(Cell::Kind kind, std::string_view plain, std::string_view text,
             std::optional<std::int64_t> instant = std::nullopt) {
    if (captured_) {
      if (!std::exchange(captured_->first, false)) captured_->joined += "; ";
      captured_->joined += kind == Cell::Kind::empty ? std::string_view() : plain;
      return true;
    }
    awaits_unknown_ = false;
    if (objects_.empty()) {
      path_ = value_column;
      put(kind, text, instant);
      end_row();
    } else {
      put(kind, text, instant);
    }
    return true;
  }

  /// What looked like an unknown value and was only a member of that name.
  void release_held() {
    if (!held_) return;
    const std::string text = std::move(*held_);
    held_.reset();
    put(Cell::Kind::text, text);
  }

  void put_unknown() {
    notes_.unknown = true;
    put(Cell::Kind::text, unknown_text);
  }

  void put(Cell::Kind kind, std::string_view text, std::optional<std::int64_t> instant = std::nullopt) {
    const auto place = columns_.place_of(path_, next_);
    if (!place) return;
    next_ = *place + 1;
    if (*place >= cells_.size()) cells_.resize(columns_.names().size());
    cells_[*place].kind = kind;
    cells_[*place].text = text;
    cells_[*place].instant = instant;
    notes_.text_bytes += text.size();
  }

  void end_row() {
    if (cells_.size() < columns_.names().size()) cells_.resize(columns_.names().size());
    if (visit_) visit_(cells_);
    for (Cell& cell : cells_) {
      cell.kind = Cell::Kind::empty;
      cell.text.clear();
      cell.instant.reset();
    }
    next_ = 0;
    ++notes_.rows;
  }

  std::string_view text_;
  const rapidjson::MemoryStream& stream_;
  Columns& columns_;
  const LocalTimes& times_;
  const std::function<void(const std::vector<Cell>&)>& visit_;
  TableNotes notes_;

  bool in_rows_ = false;
  std::string path_;
  std::vector<Object> objects_;
  std::optional<Capture> captured_;
  bool awaits_unknown_ = false;      ///< the member before was "$unknown", the first of its object
  std::optional<std::string> held_;  ///< its text, until it is clear whether it is the only one
  std::vector<Cell> cells_;
  std::size_t next_ = 0;
};

}  // namespace

TableNotes read_rows(std::string_view rows, Columns& columns, const LocalTimes& times,
                     const std::function<void(const std::vector<Cell>&)>& visit) {
  rapidjson::MemoryStream stream(rows.data(), rows.size());
  RowHandler handler(rows, stream, columns, times, visit);
  rapidjson::Reader reader;
  constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  if (reader.Parse<flags>(stream, handler).IsError()) {
    throw job::Failure{"internal", "the host sent rows that cannot be read"};
  }
  return handler.notes();
}

}  // namespace millrace::reports
