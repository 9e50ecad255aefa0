#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

/// Numbers for operators, in Prometheus' text format. Loop thread only; finding a series that is there allocates
/// nothing.
class Metrics {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// A number of its own: a counter only grows, a gauge is set.
  class Series {
   public:
    void add(double by = 1) noexcept { value_ += by; }
    void set(double value) noexcept { value_ = value; }
    double value() const noexcept { return value_; }

   private:
    double value_ = 0;
  };
  /// Times in seconds, counted in fixed buckets from 1 ms to 5 minutes.
  class Histogram {
   public:
    void observe(double seconds) noexcept;
    std::uint64_t count() const noexcept { return count_; }

   private:
    friend class Metrics;
    std::vector<std::uint64_t> buckets_;
    double sum_ = 0;
    std::uint64_t count_ = 0;
  };

  /// The series of that name with these labels, made at the first asking; stays where it is. `name` is one of those in
  /// metrics.cpp, where its kind and help stand.
  Series& series(std::string_view name, Labels labels = {});
  Histogram& histogram(std::string_view name, Labels labels = {});
  /// Everything, in the order of the names.
  std::string render() const;

 private:
  struct Key {
    std::string name;
    std::vector<std::pair<std::string, std::string>> labels;
  };
  struct Sought {
    std::string_view name;
    Labels labels;
  };
  struct Before {
    using is_transparent = void;
    template <class Left, class Right>
    bool operator()(const Left& left, const Right& right) const;
  };
  template <class One>
  using Table = std::map<Key, One, Before>;

  template <class One>
  static One& find(Table<One>& table, std::string_view name, Labels labels);
  static std::string in_braces(const Key& key, std::string_view bound = "");
  void render_histograms(std::string_view name, std::string& text) const;

  Table<Series> series_;
  Table<Histogram> histograms_;
};

}  // namespace millrace
