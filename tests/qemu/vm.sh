hostname
ls /
crash ud2; echo status $?
seq 1000 | tail -n 1
unshare -u sh -c 'hostname inner; hostname'
ctr run --name one --memory 4M --pids 8 base sh -c 'hostname; echo pid $$'
ps -o pid,ppid,name
echo done
poweroff
