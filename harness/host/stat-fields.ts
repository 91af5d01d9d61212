/** Fields of /proc/PID/stat after the name, which may hold blanks and brackets: state, parent, group, … (proc_pid_stat(5), from its third). */
export function statFields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
