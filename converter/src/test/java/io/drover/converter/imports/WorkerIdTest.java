package io.drover.converter.imports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkerIdTest {
  @TempDir private Path directory;

  @Test
  void aProcessIsGoneWhenItHasEnded() throws Exception {
    // what the kernel calls it has a blank and a bracket
    Path program = directory.resolve("a) b");
    Files.createSymbolicLink(program, Path.of("/bin/sleep"));
    Process process = new ProcessBuilder(program.toString(), "1000").start();
    try {
      WorkerId worker = WorkerId.of(process.toHandle());
      assertTrue(worker.started() > 0, worker.toString());
      assertEquals(worker, WorkerId.of(process.toHandle()), "however often it is asked for");
      assertFalse(worker.gone());
      process.destroyForcibly().waitFor();
      assertTrue(worker.gone());
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void aNumberThatCameAgainIsAnotherProcess() {
    WorkerId self = WorkerId.self();
    assertFalse(self.gone());
    assertTrue(new WorkerId(self.host(), self.pid(), self.started() - 1).gone());
  }

  @Test
  void ofOtherHostsNothingIsKnown() {
    WorkerId self = WorkerId.self();
    assertFalse(new WorkerId(self.host() + "x", self.pid(), self.started() - 1).gone());
  }

  @Test
  void withoutItsStartTheNumberCounts() {
    assertFalse(new WorkerId(WorkerId.self().host(), WorkerId.self().pid(), 0).gone());
  }
}
