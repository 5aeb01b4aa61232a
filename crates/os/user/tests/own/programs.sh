primes -n 2
matrix -n 2
sorter -n 2
ticker -n 3 -i 0.01
stress --cpu 1 --timeout 0
stress --vm 1M --timeout 0
stress --fork 3 --timeout 0
crash ud2; echo $?
crash div0; echo $?
crash null; echo $?
crash hlt; echo $?
crash text; echo $?
crash kernel; echo $?
crash nonsense; echo $?
primes --help
nosuch
user nosuch 2>/dev/null; echo $?
hostname --help; ls -z; echo $?
head -n x; mkdir; kill; sleep soon
ps | grep -c 'PID  PPID STAT NAME'
ps -o pid,name | grep -q ' sh$' && echo listed
top -n 1 | grep -c 'tasks'
free | grep -c Mem; uptime | grep -c 'up .* load average'
date | grep -c 'UTC 2'; mount | grep -c 'on /proc type proc'
ctr help | wc -l
ctr nonsense; ctr exec nope sh; ctr run nope; ctr run --name ../x base
