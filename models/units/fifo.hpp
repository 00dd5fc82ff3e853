#pragma once

#include <cstddef>
#include <vector>

namespace rondo {

/// First in, first out; grows as needed and never gives memory back.
template <class T>
class Fifo {
 public:
  bool empty() const { return first_ == last_; }
  std::size_t size() const { return last_ - first_; }
  T& operator[](std::size_t i) { return places_[(first_ + i) & (places_.size() - 1)]; }
  T& front() { return (*this)[0]; }
  T& back() { return (*this)[size() - 1]; }
  void push(const T& value) {
    if (size() == places_.size()) grow();
    ++last_;
    back() = value;
  }
  void pop() { ++first_; }

 private:
  void grow() {
    std::vector<T> more(places_.empty() ? 8 : 2 * places_.size());
    for (std::size_t i = 0; i < size(); ++i) more[i] = (*this)[i];
    last_ = size();
    first_ = 0;
    places_.swap(more);
  }

  std::vector<T> places_;  ///< a power of two of them
  std::size_t first_ = 0, last_ = 0;
};

}  // namespace rondo
