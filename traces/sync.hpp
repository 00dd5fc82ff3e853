#pragma once

#include "models/base/error.hpp"
#include "models/isa/instruction.hpp"
#include "traces/builder.hpp"

namespace rondo {

/// The machine has too few semaphores for this program.
struct TooFewSemaphores : Error {
  using Error::Error;
};

/// Adds the semaphores that keep conflicting instructions of different units in program order.
///
/// Within a block of items (instructions, or whole loops) each unit pair has one semaphore for "results visible" and
/// one for "operands read", per loop depth. Because both units work in order, the k-th wait belongs to the k-th signal;
/// a wait is written only where it demands a later producer than any wait before it, so signals and waits pair up one
/// to one. In a loop the pattern is that of the steady state: a dependence on the iteration before is a wait whose
/// first token is signalled just before the loop (`sync` of the producer) and whose last token is taken just after it
/// (`sync` of the consumer). Dependences into or out of a whole loop go through a `sync` before or after it.
///
/// Conflicts are found on byte intervals, with loop strides; where an exact answer is dear, more order than needed is
/// kept, never less (the hazard checker is the judge). Throws TooFewSemaphores.
void synchronise(Block& root, Program& program);

}  // namespace rondo
