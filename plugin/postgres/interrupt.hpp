/// Ends waits that are under way in another thread.
#pragma once

namespace study::postgres {

/// Once asked for, every wait that looks at fd() ends at once.
class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  /// [any-thread]
  void request() const;

  /// Readable once it has been asked for.
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace study::postgres
